/* unit/random.c - section [13]: generator, streams, plan-time maths, samplers.
   Known answers come from a separate Python model of the definitions. Statistical checks have fixed seeds, so they pass or fail
   for good; the thresholds say how unlikely a failure is for a correct sampler. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include <float.h>
#include "../test.h"

#define DRAWS 10000000
#define CELLS 1000
#define SIGMAS 4.5 /* a correct sampler exceeds 4.5 standard errors with probability 7e-6 */
#define NANO 1000000000u

static const double pi = 3.14159265358979323846;

static aflowi_rng stream(uint32_t number) { return aflowi_rng_stream(20240607, 0, aflowi_hash_text("unit/random"), number); }
static double phi(double x) { return exp(-0.5 * x * x) / sqrt(2.0 * pi); }
static double Phi(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }

/* ---- arithmetic and generator ---- */

static void multiply_portable_equals_native(void)
{
    static const uint64_t edge[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
                                     0x8000000000000000, 0xfffffffffffffffe, 0xffffffffffffffff };
    aflowi_rng rng = stream(1);
    size_t i, j, edges = sizeof edge / sizeof edge[0];
    uint64_t lo, lo2, hi;
    hi = aflowi_mul_hi_portable(0x9e3779b97f4a7c15, 0xfedcba9876543210, &lo);
    CHECK_U64(hi, 0x9d8375c53037f2ff);
    CHECK_U64(lo, 0x5534de8ee5c7db50);
    for (i = 0; i < edges + 100000; i++) {
        uint64_t a = i < edges ? edge[i] : aflowi_rng_next(&rng);
        for (j = 0; j < edges; j++) {
            uint64_t b = i < edges ? edge[j] : aflowi_rng_next(&rng) >> (6 * j);
            hi = aflowi_mul_hi_portable(a, b, &lo);
            CHECK_U64(hi, aflowi_mul_hi(a, b, &lo2));
            CHECK_U64(lo, lo2);
            CHECK_U64(lo, a * b);
        }
    }
}

/* the first values for state (1, 2) are those of the published reference code */
static void generator_known_answers(void)
{
    static const uint64_t want[] = { 0x60001, 0x260c000660007, 0x180acc04718606d3, 0x9e226d35036fc4c7, 0x849bc9ac6b960be4,
                                     0x31c5870fc130361b };
    aflowi_rng rng;
    uint64_t last = 0;
    int i;
    rng.s0 = 1;
    rng.s1 = 2;
    CHECK_U64(sizeof rng, 16);
    for (i = 0; i < 1000; i++) {
        last = aflowi_rng_next(&rng);
        if (i < 6) CHECK_U64(last, want[i]);
    }
    CHECK_U64(last, 0x32aafebd39920f85);
    CHECK_U64(rng.s0, 0xfdf43ee2618a68c4);
    CHECK_U64(rng.s1, 0x10a4ce6042ec1c04);
}

static void stream_known_answers(void)
{
    aflowi_rng rng = aflowi_rng_stream(1, 2, aflowi_hash_text("srv-1"), 3);
    CHECK_U64(aflowi_hash_text(""), 0xf52a15e9a9b5e89b);
    CHECK_U64(aflowi_hash_text("srv-1"), 0x8081c64b29dec6d8);
    CHECK_U64(aflowi_hash_text("\xc3\xa9"), 0x233403617480019e); /* signed or unsigned char, the same */
    CHECK_U64(rng.s0, 0x06a7ed11d19ae21a);
    CHECK_U64(rng.s1, 0x38666cb0052e565c);
    rng = aflowi_rng_stream(0, 0, 0, 0);
    CHECK_U64(rng.s0, 0x78ae5a9a6b5fd45e);
    CHECK_U64(rng.s1, 0x6de865ec7491af0c);
}

static int bits_set(uint64_t x)
{
    int n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Neighbours in each coordinate: the correlation of their uniforms is N(0, 1/n), the bits in which their words differ are
   binomial(64 n, 1/2). */
static void streams_are_unrelated(void)
{
    int pair, i, n = 1000000;
    for (pair = 0; pair < 6; pair++) {
        uint64_t one = aflowi_hash_text("srv-1"), two = aflowi_hash_text("srv-2"), flipped = 0;
        aflowi_rng a = aflowi_rng_stream(7, 0, one, 0), b = a;
        double sum = 0.0;
        if (pair == 0) b = aflowi_rng_stream(8, 0, one, 0);
        if (pair == 1) b = aflowi_rng_stream(7, 1, one, 0);
        if (pair == 2) b = aflowi_rng_stream(7, 0, two, 0);
        if (pair == 3) b = aflowi_rng_stream(7, 0, one, 1);
        if (pair == 4) b = aflowi_rng_stream(7, 0, one ^ 1, 0);
        if (pair == 5) b = aflowi_rng_stream(7, 0, one, 0x80000000);
        for (i = 0; i < n; i++) {
            uint64_t x = aflowi_rng_next(&a), y = aflowi_rng_next(&b);
            sum += ((double)(x >> 11) * 0x1p-53 - 0.5) * ((double)(y >> 11) * 0x1p-53 - 0.5) * 12.0;
            flipped += (uint64_t)bits_set(x ^ y);
        }
        CHECK_NEAR(sum / sqrt(n), 0.0, SIGMAS);
        CHECK_NEAR(((double)flipped - 32.0 * n) / sqrt(16.0 * n), 0.0, SIGMAS);
    }
}

/* First words of 2^18 streams on a grid of small coordinates: no two equal (chance of a pair: 2e-9), and chi-square of their
   upper and of their lower 8 bits with 255 degrees of freedom. */
static void first_draws_of_streams_are_uniform(void)
{
    enum { COUNT = 1 << 18 };
    static uint64_t first[COUNT];
    static double upper[256], lower[256];
    double chi_upper = 0.0, chi_lower = 0.0, want = COUNT / 256.0;
    int i, same = 0;
    for (i = 0; i < COUNT; i++) {
        uint64_t seed = (uint64_t)i & 15, replication = (uint64_t)(i >> 4) & 63, entity = (uint64_t)(i >> 10) & 31;
        aflowi_rng rng = aflowi_rng_stream(seed, replication, entity, (uint32_t)i >> 15);
        first[i] = aflowi_rng_next(&rng);
        upper[first[i] >> 56]++;
        lower[first[i] & 255]++;
    }
    for (i = 0; i < 256; i++) {
        chi_upper += (upper[i] - want) * (upper[i] - want) / want;
        chi_lower += (lower[i] - want) * (lower[i] - want) / want;
    }
    CHECK_NEAR((chi_upper - 255.0) / sqrt(510.0), 0.0, SIGMAS);
    CHECK_NEAR((chi_lower - 255.0) / sqrt(510.0), 0.0, SIGMAS);
    qsort(first, COUNT, sizeof first[0], by_value);
    for (i = 1; i < COUNT; i++) same += first[i] == first[i - 1];
    CHECK_U64(same, 0);
}

/* ---- plan-time maths ---- */

/* in units in the last place of the wanted value; long double decides the half where it is wider than double */
static double ulps(double got, long double want)
{
    int exponent;
    (void)frexp((double)want, &exponent);
    if (exponent < -1021) exponent = -1021;
    return fabs((double)(((long double)got - want) / ldexpl(1.0L, exponent - 53)));
}

static double random_double(aflowi_rng *rng, int lowest, int highest)
{
    int exponent = lowest + (int)aflowi_draw_below(rng, (uint32_t)(highest - lowest + 1));
    return ldexp(1.0 + (double)(aflowi_rng_next(rng) >> 12) * 0x1p-52, exponent);
}

static void logarithm(void)
{
    aflowi_rng rng = stream(2);
    double worst_ln = 0.0, worst_near_one = 0.0;
    int i;
    for (i = 0; i < 200000; i++) {
        double x = random_double(&rng, -1074, 1023), y = 1.0 + (i & 1 ? 1 : -1) * random_double(&rng, -52, -2);
        worst_ln = fmax(worst_ln, ulps(aflowi_ln(x), logl((long double)x)));
        if (y != 1.0) worst_near_one = fmax(worst_near_one, ulps(aflowi_ln(y), logl((long double)y)));
    }
    CHECK_NEAR(worst_ln, 0.5, LDBL_MANT_DIG > 53 ? 0.01 : 1.01);
    CHECK_NEAR(worst_near_one, 0.5, LDBL_MANT_DIG > 53 ? 0.01 : 1.01);
    CHECK(aflowi_ln(1.0) == 0.0 && aflowi_ln(0.0) == -746.0 && aflowi_ln(-1.0) == -746.0);
}

/* not compared where libm's own root is first computed in a wider format (i386 without SSE) */
static void square_root_is_correctly_rounded(void)
{
#if defined(FLT_EVAL_METHOD)
    int computed_wider = FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1;
#else
    int computed_wider = 0;
#endif
    aflowi_rng rng = stream(3);
    int i;
    for (i = 0; i < 200000; i++) {
        double x = random_double(&rng, -1074, 1023), root = (double)(aflowi_rng_next(&rng) >> 38);
        volatile double want = sqrt(x); /* IEEE 754 asks for it */
        CHECK(aflowi_sqrt(x) == want || computed_wider);
        CHECK(aflowi_sqrt(root * root) == root);
    }
    CHECK(aflowi_sqrt(0.0) == 0.0 && aflowi_sqrt(-1.0) == 0.0 && aflowi_sqrt(DBL_MAX) == sqrt(DBL_MAX));
}

static void pack_restores_what_unpack_took(void)
{
    aflowi_rng rng = stream(4);
    int i;
    for (i = 0; i < 200000; i++) {
        uint64_t bits = aflowi_rng_next(&rng);
        double x, y;
        if (i % 4 == 0) bits &= 0x800fffffffffffff; /* subnormal */
        if ((bits >> 52 & 0x7ff) == 0x7ff) continue;
        memcpy(&x, &bits, sizeof x);
        y = aflowi_pack(aflowi_is_negative(x), aflowi_unpack(x));
        CHECK(memcmp(&x, &y, sizeof x) == 0);
    }
    CHECK(aflowi_pack(0, aflowi_unpack(0.0)) == 0.0 && aflowi_pack(1, aflowi_unpack(HUGE_VAL)) == -DBL_MAX);
    CHECK(aflowi_mul(3.0, 0.1) == 0.30000000000000004 && aflowi_div(1.0, 4.0) == 0.25 && aflowi_add(1.0, 0x1p-53) == 1.0);
}

static void scale_is_exact(void)
{
    aflowi_rng rng = stream(5);
    int i;
    CHECK_U64(aflowi_scale(0.002, NANO), 2000000);
    CHECK_U64(aflowi_scale(0.0, NANO), 0);
    CHECK_U64(aflowi_scale(-0.0, NANO), 0);
    CHECK_U64(aflowi_scale(-3.0, NANO), 0);
    CHECK_U64(aflowi_scale(600.0, NANO), 600000000000);
    CHECK_U64(aflowi_scale(0.5, 1), 0); /* halves go to even */
    CHECK_U64(aflowi_scale(1.5, 1), 2);
    CHECK_U64(aflowi_scale(2.5, 1), 2);
    CHECK_U64(aflowi_scale(0.125, 4), 0);
    CHECK_U64(aflowi_scale(0.375, 4), 2);
    CHECK_U64(aflowi_scale(0x1.8000000000001p-1, 2), 2); /* just above 1.5 */
    CHECK_U64(aflowi_scale(0x1.7ffffffffffffp-1, 2), 1);
    CHECK_U64(aflowi_scale(0x1.0000000000001p-1, 1), 1);
    CHECK_U64(aflowi_scale(0x1p62, 1), AFLOWI_NEVER);
    CHECK_U64(aflowi_scale(0x1.fffffffffffffp61, 1), 0x3ffffffffffffe00);
    CHECK_U64(aflowi_scale(1e300, NANO), AFLOWI_NEVER);
    CHECK_U64(aflowi_scale(HUGE_VAL, NANO), AFLOWI_NEVER);
    CHECK_U64(aflowi_scale(DBL_MAX, UINT64_MAX), AFLOWI_NEVER);
    CHECK_U64(aflowi_scale(0x1p-1074, UINT64_MAX), 0);
    CHECK_U64(aflowi_scale(0x1p-63, UINT64_MAX), 2);
    CHECK_U64(aflowi_scale(1.0, 0), 0);
    for (i = 0; i < 100000; i++) { /* whole microseconds written as decimal seconds are whole in nanoseconds */
        uint64_t us = aflowi_rng_next(&rng) >> 24;
        CHECK_U64(aflowi_scale((double)us / 1e6, NANO), us * 1000);
    }
}

/* r solves the layer equations; from it the chain gives every edge, to one unit of 2^-56. In the last layers the chain
   magnifies its own rounding (80-bit long double is off by up to 2 units there), so they get one unit more. */
static void ziggurat_tables_follow_from_their_equations(void)
{
    long double exp_r = 7.69711747013104971404462804801521550L, normal_r = 3.65415288536100877164542972039951576L;
    long double unit = 0x1p56L;
    long double tail = 0.5L * sqrtl(2.0L * acosl(-1.0L)) * erfcl(normal_r / sqrtl(2.0L));
    long double exp_v = (exp_r + 1.0L) * expl(-exp_r), normal_v = normal_r * expl(-0.5L * normal_r * normal_r) + tail, e, g;
    int i;
    if (LDBL_MANT_DIG < 64) SKIP("long double is no wider than double");
    CHECK(fabsl(exp_v / expl(-exp_r) * unit - (long double)aflowi_exp_edge[0]) <= 1.0L);
    CHECK(fabsl(normal_v / expl(-0.5L * normal_r * normal_r) * unit - (long double)aflowi_normal_edge[0]) <= 1.0L);
    CHECK_U64(aflowi_exp_edge[256], 0);
    CHECK_U64(aflowi_normal_edge[256], 0);
    e = exp_r;
    g = normal_r;
    for (i = 1; i < 256; i++) {
        long double within = i < 250 ? 1.0L : 2.0L;
        CHECK(fabsl(e * unit - (long double)aflowi_exp_edge[i]) <= within);
        CHECK(fabsl(g * unit - (long double)aflowi_normal_edge[i]) <= within);
        e = -logl(expl(-e) + exp_v / e);
        g = sqrtl(fmaxl(0.0L, -2.0L * logl(expl(-0.5L * g * g) + normal_v / g)));
    }
    for (i = 0; i < 64; i++) CHECK(fabsl(exp2l(63.0L + i / 64.0L) - (long double)aflowi_exp2_table[i]) <= 2.0L);
}

static void exp2_is_accurate(void)
{
    aflowi_rng rng = stream(6);
    int i;
    for (i = 0; i < 200000; i++) {
        uint64_t f = i < 64 ? ((uint64_t)i << 58) - 1 : aflowi_rng_next(&rng);
        long double want = exp2l((long double)f * 0x1p-64L + 63.0L), got = (long double)aflowi_exp2(f);
        CHECK(fabsl(got / want - 1.0L) < (LDBL_MANT_DIG > 53 ? 0x1p-57L : 0x1p-50L));
    }
    CHECK_U64(aflowi_exp2(0), (uint64_t)1 << 63);
    CHECK(aflowi_exp2(UINT64_MAX) > UINT64_MAX - 128);
}

/* ---- samplers: moments, fit, correlation ---- */

typedef struct {
    double mean, sd, kurtosis; /* of what is drawn; kurtosis = fourth central moment / sd^4 */
    double (*cdf)(double x, double a, double b);
    double a, b, atom; /* parameters of cdf; P(0) */
} law;

/* With d = (x - mean) / sd: the mean of d is N(0, 1/n), that of d^2 - 1 is N(0, (kurtosis - 1)/n), that of successive products
   N(0, 1/n), to first order. Fit: chi-square over CELLS cells of equal probability (999 degrees of freedom, by its normal
   approximation), and Kolmogorov-Smirnov's sqrt(n) max |F_n - F| at the cell bounds, above 2.5 with probability
   2 exp(-2 2.5^2) = 7e-6. */
static void judge(const aflowi_sampler *sampler, double unit, const law *l, uint32_t number)
{
    static double count[CELLS];
    aflowi_rng rng = stream(number);
    double sum = 0.0, squares = 0.0, products = 0.0, last = 0.0, chi = 0.0, far = 0.0, seen = 0.0, zeros = 0.0, want, rest;
    int i, n = DRAWS;
    memset(count, 0, sizeof count);
    for (i = 0; i < n; i++) {
        double x = (double)aflowi_draw(sampler, &rng) / unit, d = (x - l->mean) / l->sd;
        sum += d;
        squares += d * d - 1.0;
        products += d * last;
        last = d;
        if (l->atom > 0.0 && x <= 0.0) zeros++;
        else {
            int cell = (int)((l->cdf(x, l->a, l->b) - l->atom) / (1.0 - l->atom) * CELLS);
            count[cell < 0 ? 0 : cell < CELLS ? cell : CELLS - 1]++;
        }
    }
    rest = n - zeros;
    want = rest / CELLS;
    for (i = 0; i < CELLS; i++) {
        chi += (count[i] - want) * (count[i] - want) / want;
        seen += count[i];
        far = fmax(far, fabs(seen - (i + 1) * want));
    }
    CHECK_NEAR(sum / sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR(squares / sqrt(n * (l->kurtosis - 1.0)), 0.0, SIGMAS);
    CHECK_NEAR(products / sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR((chi - (CELLS - 1)) / sqrt(2.0 * (CELLS - 1)), 0.0, SIGMAS);
    CHECK_NEAR(far / sqrt(rest), 0.0, 2.5);
    if (l->atom > 0.0) CHECK_NEAR((zeros - n * l->atom) / sqrt(n * l->atom * (1.0 - l->atom)), 0.0, SIGMAS);
}

static double exponential_cdf(double x, double mean, double b) { (void)b; return -expm1(-x / mean); }
static double uniform_cdf(double x, double low, double high) { return (x - low) / (high - low); }
static double normal_cdf(double x, double mean, double sd) { return Phi((x - mean) / sd); }
static double log_normal_cdf(double x, double mu, double sigma) { return x > 0.0 ? Phi((log(x) - mu) / sigma) : 0.0; }

static void exponential_law(void)
{
    aflowi_sampler s = aflowi_sampler_exponential(0.003, 1000000000000);
    law l = { 0.003, 0.003, 9.0, exponential_cdf, 0.003, 0.0, 0.0 };
    judge(&s, 1e12, &l, 10);
}

static void uniform_law(void)
{
    aflowi_sampler s = aflowi_sampler_uniform(0.001, 0.005, 1000000000000);
    law l = { 0.003, 0.0, 1.8, uniform_cdf, 0.001, 0.005, 0.0 };
    l.sd = 0.004 / sqrt(12.0);
    judge(&s, 1e12, &l, 11);
}

static void normal_law(void)
{
    aflowi_sampler s = aflowi_sampler_normal_clamped(20.0, 1.5, 1000000000000);
    law l = { 20.0, 1.5, 3.0, normal_cdf, 20.0, 1.5, 0.0 };
    judge(&s, 1e12, &l, 12);
}

/* moments of max(0, X): M0 = Phi(m/s), M1 = m M0 + s phi(m/s), Mk = m M(k-1) + (k - 1) s^2 M(k-2) by parts */
static void normal_law_clamped_at_zero(void)
{
    double m = 0.5, sd = 1.0, M[5], mean, var;
    aflowi_sampler s = aflowi_sampler_normal_clamped(m, sd, 1000000000000);
    law l = { 0.0, 0.0, 0.0, normal_cdf, 0.5, 1.0, 0.0 };
    int k;
    M[0] = Phi(m / sd);
    M[1] = m * M[0] + sd * phi(m / sd);
    for (k = 2; k < 5; k++) M[k] = m * M[k - 1] + (k - 1) * sd * sd * M[k - 2];
    mean = M[1];
    var = M[2] - mean * mean;
    l.mean = mean;
    l.sd = sqrt(var);
    l.kurtosis = (M[4] - 4.0 * mean * M[3] + 6.0 * mean * mean * M[2] - 3.0 * mean * mean * mean * mean) / (var * var);
    l.atom = 1.0 - M[0];
    judge(&s, 1e12, &l, 13);
}

/* kurtosis = w^4 + 2 w^3 + 3 w^2 - 3 with w = e^(sigma^2) */
static void log_normal_law(void)
{
    double mean = 0.003, variance = 0.0015 * 0.0015, mu, sigma, w = 1.25;
    law l = { 0.003, 0.0015, 0.0, log_normal_cdf, 0.0, 0.0, 0.0 };
    aflowi_sampler s;
    aflowi_log_normal_parameters(mean, variance, &mu, &sigma);
    CHECK_NEAR(sigma * sigma, log(w), 1e-15);
    CHECK_NEAR(mu, log(mean) - 0.5 * log(w), 1e-14);
    s = aflowi_sampler_log_normal(mu, sigma, 1000000000000);
    l.kurtosis = pow(w, 4.0) + 2.0 * pow(w, 3.0) + 3.0 * w * w - 3.0;
    l.a = mu;
    l.b = sigma;
    judge(&s, 1e12, &l, 14);
    aflowi_log_normal_parameters(1.0, 1e-20, &mu, &sigma); /* a small variance keeps its digits */
    CHECK_NEAR(sigma, 1e-10, 1e-25);
    aflowi_log_normal_parameters(2.0, 0.0, &mu, &sigma);
    CHECK(sigma == 0.0 && mu == log(2.0));
}

/* mean, variance (kurtosis 3 + 1/mean), successive products; chi-square over the counts with an expectation of at least 25 */
static void judge_poisson(double mean, int n, uint32_t number)
{
    static double count[1024];
    aflowi_sampler s = aflowi_sampler_poisson(mean, 1);
    aflowi_rng rng = stream(number);
    double sum = 0.0, squares = 0.0, products = 0.0, last = 0.0, chi = 0.0, inside = 0.0, expected = 0.0;
    int i, cells = 0;
    memset(count, 0, sizeof count);
    for (i = 0; i < n; i++) {
        uint64_t k = aflowi_draw(&s, &rng);
        double d = ((double)k - mean) / sqrt(mean);
        sum += d;
        squares += d * d - 1.0;
        products += d * last;
        last = d;
        if (k < 1024) count[k]++;
    }
    for (i = 0; i < 1024; i++) {
        double want = n * exp(i * log(mean) - mean - lgamma(i + 1.0));
        if (want < 25.0) continue;
        chi += (count[i] - want) * (count[i] - want) / want;
        inside += count[i];
        expected += want;
        cells++;
    }
    if (expected < n) chi += (inside - expected) * (inside - expected) / fmax(n - expected, 1.0); /* all other counts */
    CHECK_NEAR(sum / sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR(squares / sqrt(n * (2.0 + 1.0 / mean)), 0.0, SIGMAS);
    CHECK_NEAR(products / sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR((chi - cells) / sqrt(2.0 * cells), 0.0, SIGMAS);
}

static void poisson_law(void)
{
    judge_poisson(0.3, DRAWS, 15);
    judge_poisson(10.0, DRAWS, 16);
    judge_poisson(200.0, DRAWS / 50, 17);
}

/* a mean beyond 2^8 and one beyond 2^30 use the upper word and the normal law */
static void poisson_large_means(void)
{
    aflowi_sampler s = aflowi_sampler_poisson(1e6, 1);
    aflowi_rng rng = stream(18);
    double sum = 0.0, squares = 0.0, d;
    int i, n = 200;
    for (i = 0; i < n; i++) {
        d = ((double)aflowi_draw(&s, &rng) - 1e6) / 1e3;
        sum += d;
        squares += d * d - 1.0;
    }
    CHECK_NEAR(sum / sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR(squares / sqrt(2.0 * n), 0.0, SIGMAS);
    s = aflowi_sampler_poisson(1e12, 1);
    for (i = 0; i < 1000; i++) CHECK_NEAR(((double)aflowi_draw(&s, &rng) - 1e12) / 1e6, 0.0, 6.0);
    s = aflowi_sampler_poisson(1e300, NANO);
    CHECK_U64(aflowi_draw(&s, &rng), AFLOWI_NEVER);
    s = aflowi_sampler_poisson(20.0, (uint64_t)1 << 61);
    CHECK_U64(aflowi_draw(&s, &rng), AFLOWI_NEVER);
    s = aflowi_sampler_poisson(4.0, NANO);
    for (i = 0; i < 1000; i++) CHECK_U64(aflowi_draw(&s, &rng) % NANO, 0);
    s = aflowi_sampler_poisson(0.0, NANO);
    CHECK_U64(aflowi_draw(&s, &rng), 0);
    s = aflowi_sampler_poisson(1e-12, NANO);
    for (i = 0; i < 1000; i++) CHECK_U64(aflowi_draw(&s, &rng), 0);
}

/* Seams of the ziggurats: counts beyond points in the tail against e^-x and erfc, and the mean excess over r. The exponential's
   excess has mean and sd 1; the normal's mean is phi(r)/Q(r) - r, its sd below 1/r. */
static void ziggurat_tails(void)
{
    static const double exp_at[] = { 0.01, 6.0, 6.9410336, 7.6971175, 9.0, 12.0 };
    static const double normal_at[] = { 0.1, 3.0, 3.4492783, 3.6541529, 4.2, 5.0 };
    double exp_seen[6] = { 0 }, normal_seen[6] = { 0 }, exp_excess = 0.0, normal_excess = 0.0, positive = 0.0;
    double r = normal_at[3], tail;
    aflowi_rng rng = stream(19);
    int i, k, n = 2 * DRAWS;
    for (i = 0; i < n; i++) {
        int negative;
        double e = (double)aflowi_draw_exp(&rng) * 0x1p-56, x = (double)aflowi_draw_normal(&rng, &negative) * 0x1p-56;
        for (k = 0; k < 6; k++) {
            exp_seen[k] += e > exp_at[k];
            normal_seen[k] += x > normal_at[k];
        }
        if (e > exp_at[3]) exp_excess += e - exp_at[3];
        if (x > r) normal_excess += x - r;
        positive += !negative;
    }
    for (k = 0; k < 6; k++) {
        double p = exp(-exp_at[k]), q = erfc(normal_at[k] / sqrt(2.0));
        CHECK_NEAR((exp_seen[k] - n * p) / sqrt(n * p * (1.0 - p)), 0.0, SIGMAS);
        CHECK_NEAR((normal_seen[k] - n * q) / sqrt(n * q * (1.0 - q)), 0.0, SIGMAS);
    }
    tail = phi(r) / (0.5 * erfc(r / sqrt(2.0))) - r;
    CHECK_NEAR((exp_excess / exp_seen[3] - 1.0) * sqrt(exp_seen[3]), 0.0, SIGMAS);
    CHECK_NEAR((normal_excess / normal_seen[3] - tail) * sqrt(normal_seen[3]) * r, 0.0, SIGMAS);
    CHECK_NEAR((positive - 0.5 * n) / sqrt(0.25 * n), 0.0, SIGMAS);
}

/* ---- rounding to ticks and extremes ---- */

/* A mean of m = 3 ticks: rounding to the nearest leaves the exponential's mean at (1/2) / sinh(1 / (2 m)) = 2.986 ticks, where
   rounding down would lose half a tick. */
static void rounding_leaves_means_alone(void)
{
    aflowi_sampler s = aflowi_sampler_exponential(3e-9, NANO);
    aflowi_sampler u = aflowi_sampler_uniform(1e-9, 4e-9, NANO);
    aflowi_rng rng = stream(20);
    double sum = 0.0, uniform = 0.0, ends[2] = { 0 };
    int i, n = DRAWS / 4;
    for (i = 0; i < n; i++) {
        uint64_t ticks = aflowi_draw(&u, &rng);
        sum += (double)aflowi_draw(&s, &rng);
        uniform += (double)ticks;
        ends[0] += ticks == 1;
        ends[1] += ticks == 4;
    }
    CHECK_NEAR((sum / n - 0.5 / sinh(1.0 / 6.0)) * sqrt(n) / 3.02, 0.0, SIGMAS);
    CHECK_NEAR((uniform / n - 2.5) * sqrt(n), 0.0, SIGMAS);
    CHECK_NEAR((ends[0] - n / 6.0) / sqrt(n * 5.0 / 36.0), 0.0, SIGMAS); /* half a tick at either end */
    CHECK_NEAR((ends[1] - n / 6.0) / sqrt(n * 5.0 / 36.0), 0.0, SIGMAS);
}

/* mean of n draws in units of the wanted mean, for means which lie around each change of fixed point */
static double relative_mean(const aflowi_sampler *s, double ticks, int n)
{
    aflowi_rng rng = stream(21);
    double sum = 0.0;
    int i;
    for (i = 0; i < n; i++) sum += (double)aflowi_draw(s, &rng) / ticks;
    return sum / n;
}

static void parameters_of_every_size(void)
{
    int k, n = 20000;
    for (k = -70; k <= 54; k++) { /* mean 2^k s with ticks of 2^-16 s; from 2^k around 1 tick to some at 2^56 and above */
        double mean = ldexp(0.9, k), ticks = mean * 65536.0;
        aflowi_sampler e = aflowi_sampler_exponential(mean, 65536), u = aflowi_sampler_uniform(0.5 * mean, 1.5 * mean, 65536);
        aflowi_sampler g = aflowi_sampler_normal_clamped(mean, 0.1 * mean, 65536), c = aflowi_sampler_constant(mean, 65536);
        aflowi_sampler w = aflowi_sampler_normal_clamped(0.0, mean, 65536);
        aflowi_sampler l = aflowi_sampler_log_normal(log(mean), 0.1, 65536);
        if (ticks > 100.0 && k < 40) {
            CHECK_NEAR(relative_mean(&e, ticks, n), 1.0, SIGMAS / sqrt(n));
            CHECK_NEAR(relative_mean(&u, ticks, n), 1.0, SIGMAS / sqrt(12.0 * n));
            CHECK_NEAR(relative_mean(&g, ticks, n), 1.0, 0.1 * SIGMAS / sqrt(n));
            CHECK_NEAR(relative_mean(&w, ticks, n), 1.0 / sqrt(2.0 * pi), 0.6 * SIGMAS / sqrt(n));
            CHECK_NEAR(relative_mean(&l, ticks, n), exp(0.005), 0.102 * SIGMAS / sqrt(n));
        } else if (ticks < 1e-3) {
            CHECK(relative_mean(&e, 1.0, n) == 0.0 && relative_mean(&u, 1.0, n) == 0.0 && relative_mean(&g, 1.0, n) == 0.0);
            CHECK(relative_mean(&w, 1.0, n) == 0.0 && relative_mean(&l, 1.0, n) == 0.0);
        } else if (k >= 48) { /* 2^64 ticks */
            CHECK(relative_mean(&u, 0x1p62, n) == 1.0 && relative_mean(&g, 0x1p62, n) == 1.0);
            CHECK(relative_mean(&c, 0x1p62, 1) == 1.0 && relative_mean(&l, 0x1p62, n) == 1.0);
            CHECK(relative_mean(&e, 0x1p62, n) > 0.85);
        }
    }
}

/* nothing a double can hold is undefined or above AFLOWI_NEVER; run this one under the sanitizers */
static void nonsense_is_harmless(void)
{
    double odd[] = { 0.0, -0.0, -1.0, 0x1p-1074, 1e-300, 1e-12, 0.3, 1.0, 1e6, 1e12, 1e300, DBL_MAX, HUGE_VAL, -HUGE_VAL, 0.0 };
    static const uint64_t units[] = { 0, 1, 1000, 1000000000, (uint64_t)1 << 62, UINT64_MAX };
    int i, j, k, m, count = sizeof odd / sizeof odd[0];
    odd[count - 1] = nan("");
    for (i = 0; i < count; i++) for (j = 0; j < count; j++) for (k = 0; k < 6; k++) {
        double a = odd[i], b = odd[j], mu, sigma;
        aflowi_rng rng = stream(22);
        aflowi_sampler s[7];
        uint64_t x;
        aflowi_log_normal_parameters(a, b, &mu, &sigma);
        s[0] = aflowi_sampler_constant(a, units[k]);
        s[1] = aflowi_sampler_exponential(a, units[k]);
        s[2] = aflowi_sampler_uniform(a, b, units[k]);
        s[3] = aflowi_sampler_normal_clamped(a, b, units[k]);
        s[4] = aflowi_sampler_log_normal(a, b, units[k]);
        s[5] = aflowi_sampler_log_normal(mu, sigma, units[k]);
        s[6] = aflowi_sampler_poisson(a > 1e4 ? 1e13 : a, units[k]);
        for (m = 0; m < 7 * 8; m++) {
            x = aflowi_draw(&s[m % 7], &rng);
            if (x > AFLOWI_NEVER) test_fail(__FILE__, __LINE__, "law %d (%g, %g), unit %d: %g", m % 7, a, b, k, (double)x);
        }
        CHECK(aflowi_threshold(a) <= (uint64_t)1 << 63 && aflowi_scale(a, units[k]) <= AFLOWI_NEVER);
        CHECK(aflowi_ln(a) >= -746.0 && aflowi_sqrt(a) >= 0.0);
    }
}

static void extremes(void)
{
    aflowi_rng rng = stream(23), before;
    aflowi_sampler s = aflowi_sampler_exponential(1e300, NANO);
    int i, never = 0;
    CHECK(sizeof s <= 32);
    for (i = 0; i < 1000; i++) CHECK_U64(aflowi_draw(&s, &rng), AFLOWI_NEVER);
    s = aflowi_sampler_exponential(1e-12, NANO);
    for (i = 0; i < 1000; i++) CHECK_U64(aflowi_draw(&s, &rng), 0);
    s = aflowi_sampler_normal_clamped(0.0025, 0.0, NANO);
    for (i = 0; i < 1000; i++) CHECK_U64(aflowi_draw(&s, &rng), 2500000);
    s = aflowi_sampler_log_normal(0.0, 0.0, NANO);
    CHECK_U64(aflowi_draw(&s, &rng), NANO);
    s = aflowi_sampler_log_normal(0.0, 1e300, NANO);
    for (i = 0; i < 1000; i++) {
        uint64_t x = aflowi_draw(&s, &rng);
        never += x == AFLOWI_NEVER;
    }
    CHECK_NEAR((never - 500.0) / sqrt(250.0), 0.0, SIGMAS + 1.0);
    s = aflowi_sampler_uniform(0.25, 0.25, 1000);
    CHECK_U64(aflowi_draw(&s, &rng), 250);
    s = aflowi_sampler_constant(0.0125, NANO);
    before = rng;
    CHECK_U64(aflowi_draw(&s, &rng), 12500000);
    CHECK(memcmp(&before, &rng, sizeof rng) == 0); /* a constant draws nothing */
}

/* ---- choices ---- */

static void thresholds(void)
{
    CHECK_U64(aflowi_threshold(0.0), 0);
    CHECK_U64(aflowi_threshold(-1.0), 0);
    CHECK_U64(aflowi_threshold(1.0), (uint64_t)1 << 63);
    CHECK_U64(aflowi_threshold(7.0), (uint64_t)1 << 63);
    CHECK_U64(aflowi_threshold(0.25), (uint64_t)1 << 61);
    CHECK_U64(aflowi_threshold(0x1p-63), 1);
}

/* Failures before a success: mean q / p, variance q / p^2, kurtosis 9 + p^2 / q, hence the standard errors of the mean,
   sqrt(q / n) / p, and of the variance, variance x sqrt((8 + p^2 / q) / n); P(k) = p q^k where 50 and more are expected. */
static void geometric_moments_and_fit(double p, int n)
{
    aflowi_geometric g = aflowi_geometric_of(p);
    aflowi_rng rng = stream(24);
    double q = 1.0 - p, mean = q / p, variance = mean / p, sum = 0.0, squares = 0.0, chi = 0.0, expected = n * p, above = n;
    double count[64] = { 0 };
    int i, cells = 0;
    for (i = 0; i < n; i++) {
        uint64_t k = aflowi_draw_geometric(g, &rng);
        double off = (double)k - mean;
        sum += off;
        squares += off * off;
        if (k < 64) count[k]++;
    }
    CHECK_NEAR(sum / n / sqrt(variance / n), 0.0, SIGMAS);
    CHECK_NEAR((squares / n / variance - 1.0) / sqrt((8.0 + p * p / q) / n), 0.0, SIGMAS + 1.0);
    for (i = 0; i < 64 && expected >= 50.0; i++, expected *= q) {
        chi += (count[i] - expected) * (count[i] - expected) / expected;
        above -= count[i];
        cells++;
    }
    if (!cells) return;
    expected /= p;              /* all that are greater */
    if (expected >= 50.0) {
        chi += (above - expected) * (above - expected) / expected;
        cells++;
    }
    if (cells > 1) {            /* Wilson and Hilferty 1931: the cube root is nearly normal */
        double f = 2.0 / (9.0 * (cells - 1));
        CHECK((pow(chi / (cells - 1), 1.0 / 3.0) - (1.0 - f)) / sqrt(f) < SIGMAS);
    }
}

static void geometric_law(void)
{
    static const double p[] = { 0.999999, 0.999, 0.9, 0.5, 0.3, 0.2928932188134525, 0.29289321881345254, 0.2, 0.01, 1e-3, 1e-6, 1e-9, 1e-12, 0x1p-40 };
    aflowi_rng rng = stream(24), twin = rng;
    int i;
    for (i = 0; i < (int)(sizeof p / sizeof p[0]); i++) geometric_moments_and_fit(p[i], DRAWS / 5);
    CHECK_U64(aflowi_draw_geometric(aflowi_geometric_of(0.0), &rng), UINT64_MAX);
    CHECK_U64(aflowi_draw_geometric(aflowi_geometric_of(-1.0), &rng), UINT64_MAX);
    CHECK(memcmp(&rng, &twin, sizeof rng) == 0);        /* what never happens draws nothing */
    for (i = 0; i < 1000; i++) {
        CHECK_U64(aflowi_draw_geometric(aflowi_geometric_of(1.0), &rng), 0);
        CHECK_U64(aflowi_draw_geometric(aflowi_geometric_of(1e300), &rng), 0);
        CHECK(aflowi_draw_geometric(aflowi_geometric_of(0x1p-63), &rng) > (uint64_t)1 << 40);       /* P(not) = 2^-22 */
        CHECK_U64(aflowi_draw_geometric(aflowi_geometric_of(1.0 - 0x1p-53), &rng), 0);
    }
}

static void indices_and_weights(void)
{
    static const double weight[] = { 0.0, 3.0, 0.0, 1.0, 6.0, 0.0 }, none[] = { 0.0, 0.0, 0.0, 0.0 };
    uint64_t running[6];
    double below[7] = { 0 }, chosen[6] = { 0 }, chi = 0.0;
    aflowi_rng rng = stream(25);
    int i, n = 1000000;
    aflowi_weights(weight, 6, running);
    for (i = 0; i < n; i++) {
        below[aflowi_draw_below(&rng, 7)]++;
        chosen[aflowi_draw_weighted(&rng, running, 6)]++;
    }
    for (i = 0; i < 7; i++) chi += (below[i] - n / 7.0) * (below[i] - n / 7.0) / (n / 7.0);
    CHECK(chi < 37.0); /* 6 degrees of freedom: probability 2e-6 */
    for (i = 0; i < 6; i++) {
        double p = weight[i] / 10.0;
        if (p > 0.0) CHECK_NEAR((chosen[i] - n * p) / sqrt(n * p * (1.0 - p)), 0.0, SIGMAS);
        else CHECK(chosen[i] <= 0.0);
    }
    CHECK_U64(aflowi_draw_below(&rng, 1), 0);
    CHECK_U64(aflowi_draw_below(&rng, 0), 0);
    CHECK(aflowi_draw_below(&rng, UINT32_MAX) < UINT32_MAX);
    aflowi_weights(none, 4, running);
    CHECK_U64(running[1], (uint64_t)1 << 62);
    CHECK_U64(running[3], (uint64_t)1 << 63);
}

/* ---- the same bits everywhere ---- */

static uint64_t fold(uint64_t digest, uint64_t value) { return aflowi_mix(digest + 0x9e3779b97f4a7c15 + value); }

static uint64_t fold_double(uint64_t digest, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return fold(digest, bits);
}

/* every law, many parameters, plan-time maths included: one number for every compiler, flag, CPU and byte order */
static void one_digest_on_every_machine(void)
{
    aflowi_rng rng = stream(26);
    uint64_t digest = 0;
    int i, j;
    for (i = 0; i < 500; i++) {
        double a = aflowi_div(i + 1.0, 977.0), b = aflowi_div(i % 37, 91.0), mu, sigma;
        aflowi_exp_scale scale = aflowi_exponential_scale(aflowi_div(60.0, aflowi_mul(a, 20.0)), NANO);
        aflowi_sampler s[6];
        aflowi_log_normal_parameters(a, b, &mu, &sigma);
        digest = fold_double(fold_double(digest, mu), sigma);
        digest = fold_double(digest, aflowi_sqrt(a));
        s[0] = aflowi_sampler_constant(a, NANO);
        s[1] = aflowi_sampler_exponential(a, NANO);
        s[2] = aflowi_sampler_uniform(b, a, NANO);
        s[3] = aflowi_sampler_normal_clamped(a, b, NANO);
        s[4] = aflowi_sampler_log_normal(mu, sigma, NANO);
        s[5] = aflowi_sampler_poisson(a * 8.0, NANO);
        for (j = 0; j < 600; j++) digest = fold(digest, aflowi_draw(&s[j % 6], &rng));
        for (j = 0; j < 100; j++) digest = fold(digest, aflowi_draw_exponential(scale, &rng));
        digest = fold(digest, aflowi_draw_geometric(aflowi_geometric_of(a), &rng) + aflowi_draw_below(&rng, (uint32_t)i + 1));
    }
    CHECK_U64(digest, 412626791513296027u);
}

int main(void)
{
    RUN(multiply_portable_equals_native);
    RUN(generator_known_answers);
    RUN(stream_known_answers);
    RUN(streams_are_unrelated);
    RUN(first_draws_of_streams_are_uniform);
    RUN(logarithm);
    RUN(square_root_is_correctly_rounded);
    RUN(pack_restores_what_unpack_took);
    RUN(scale_is_exact);
    RUN(ziggurat_tables_follow_from_their_equations);
    RUN(exp2_is_accurate);
    RUN(exponential_law);
    RUN(uniform_law);
    RUN(normal_law);
    RUN(normal_law_clamped_at_zero);
    RUN(log_normal_law);
    RUN(poisson_law);
    RUN(poisson_large_means);
    RUN(ziggurat_tails);
    RUN(rounding_leaves_means_alone);
    RUN(parameters_of_every_size);
    RUN(nonsense_is_harmless);
    RUN(extremes);
    RUN(thresholds);
    RUN(geometric_law);
    RUN(indices_and_weights);
    RUN(one_digest_on_every_machine);
    return test_end();
}
