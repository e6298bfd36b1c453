/* unit/families.c - section [13]: gamma, erlang, weibull, bounded pareto, hyperexponential, discrete, log-normals from percentiles.
   Each against a distribution function of this file's own, whose parameters it solves by itself from mean and squared coefficient of
   variation (scv). Seeds are fixed: a check passes or fails for good. FULL=1 draws 10^7 instead of 4 10^5.
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include <float.h>
#include "../test.h"

#define CELLS 500
#define SIGMAS 4.0      /* about 250 checks here: a correct sampler passes all under all but a percent of the seeds */
#define UNIT ((uint64_t)1000000000000)      /* ticks in 1 */
#define SMALL 2000      /* fewer ticks than these are one cell: there the rounding shows */

static int draws(void) { return getenv("FULL") ? 10000000 : 400000; }
static aflowi_rng stream(uint32_t number) { return aflowi_rng_stream(20250117, 0, aflowi_hash_text("unit/families"), number); }

static void open_arena(aflowi_arena *arena) { aflowi_arena_init(arena, NULL, 4096); }

/* ---- distribution functions ---- */

typedef struct law {
    double (*cdf)(const struct law *l, double x);
    double a, b, c;         /* its parameters */
    double moment[5];       /* raw, of what is drawn */
} law;

/* Regularised lower incomplete gamma function: the series, or the continued fraction by Lentz's method. */
static double gamma_cdf(const law *l, double value)
{
    double a = l->a, x = value / l->b, front = exp(a * log(x) - x - lgamma(a)), sum, term, b, c, d, delta;
    int i;
    if (x <= 0) return 0;
    if (x < a + 1) {
        sum = term = 1 / a;
        for (i = 1; i < 100000 && term > sum * 1e-17; i++) sum += term *= x / (a + i);
        return front * sum;
    }
    b = x + 1 - a;
    c = 1e300;
    d = 1 / b;
    sum = d;
    for (i = 1; i < 100000; i++) {
        double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        delta = d * c;
        sum *= delta;
        if (fabs(delta - 1) < 1e-16) break;
    }
    return 1 - front * sum;
}

static double weibull_cdf(const law *l, double x) { return -expm1(-pow(x / l->b, l->a)); }
static double pareto_cdf(const law *l, double x) { return x <= l->b ? 0 : expm1(-l->a * log(x / l->b)) / expm1(-l->a * log(l->c / l->b)); }
static double hyper_cdf(const law *l, double x) { return -(l->a * expm1(-x / l->b) + (1 - l->a) * expm1(-x / l->c)); }
static double log_normal_cdf(const law *l, double x) { return x > 0 ? 0.5 * erfc(-(log(x) - l->a) / l->b / sqrt(2)) : 0; }

static law gamma_of(double mean, double scv)
{
    law l = { gamma_cdf, 0, 0, 0, { 1 } };
    int n;
    l.a = 1 / scv;
    l.b = mean * scv;
    for (n = 1; n < 5; n++) l.moment[n] = l.moment[n - 1] * l.b * (l.a + n - 1);
    return l;
}

static double weibull_scv(double shape) { return expm1(lgamma(1 + 2 / shape) - 2 * lgamma(1 + 1 / shape)); }

static law weibull_of(double mean, double scv)
{
    law l = { weibull_cdf, 0, 0, 0, { 1 } };
    double low = 0.05, high = 1e4;
    int i, n;
    for (i = 0; i < 200; i++) {
        double middle = sqrt(low * high);
        if (weibull_scv(middle) > scv) low = middle;
        else high = middle;
    }
    l.a = low;
    l.b = mean / exp(lgamma(1 + 1 / low));
    for (n = 1; n < 5; n++) l.moment[n] = pow(l.b, n) * exp(lgamma(1 + n / low));
    return l;
}

/* E x^n of the pareto on [L, H], by the plain formula */
static double pareto_moment(double n, double a, double L, double H)
{
    double front = a * pow(L, a) / -expm1(-a * log(H / L));
    return fabs(n - a) < 1e-9 ? front * log(H / L) : front * (pow(H, n - a) - pow(L, n - a)) / (n - a);
}

static law pareto_of(double mean, double scv, double H)
{
    law l = { pareto_cdf, 0, 0, H, { 1 } };
    double low = 0.1, high = 500;
    int i, k, n;
    for (i = 0; i < 200; i++) {
        double a = 0.5 * (low + high), least = H * 1e-250, most = mean;
        if (a > 1.2) least = mean * 0.1;
        for (k = 0; k < 200; k++) {
            double L = a > 1.2 ? 0.5 * (least + most) : sqrt(least) * sqrt(most);
            if (pareto_moment(1, a, L, H) < mean) least = L;
            else most = L;
        }
        l.a = a;
        l.b = most;
        if (pareto_moment(2, a, most, H) / mean / mean - 1 > scv) low = a;
        else high = a;
    }
    for (n = 1; n < 5; n++) l.moment[n] = pareto_moment(n, l.a, l.b, H);
    return l;
}

static law hyper_of(double mean, double scv)
{
    law l = { hyper_cdf, 0, 0, 0, { 1 } };
    int n;
    l.a = 0.5 * (1 + sqrt((scv - 1) / (scv + 1)));
    l.b = mean / (2 * l.a);
    l.c = mean / (2 * (1 - l.a));
    for (n = 1; n < 5; n++) l.moment[n] = tgamma(n + 1.0) * (l.a * pow(l.b, n) + (1 - l.a) * pow(l.c, n));
    return l;
}

static law log_normal_of(double mu, double sigma)
{
    law l = { log_normal_cdf, 0, 0, 0, { 1 } };
    int n;
    l.a = mu;
    l.b = sigma;
    for (n = 1; n < 5; n++) l.moment[n] = exp(n * mu + 0.5 * n * n * sigma * sigma);
    return l;
}

/* With d = (x - mean) / sd of n draws: the mean of d is N(0, 1/n); that of d^2 - 1 is N(0, (kurtosis - 1)/n), but only where n is
   large against the kurtosis (a fifth of a percent of it at most is asked for; beyond, the fit alone judges the spread); that of
   successive products is N(0, 1/n). Fit: all values below SMALL ticks are one cell whose count is binomial, the others fall into
   CELLS cells of equal probability (chi-square, by its normal approximation), and Kolmogorov-Smirnov's sqrt(n) max |F_n - F| at the
   cell bounds is above 2.3 with probability 2 exp(-2 2.3^2) = 5e-5. */
static void judge(const char *what, double scv, const aflowi_sampler *s, const law *l, uint32_t number)
{
    static double count[CELLS];
    aflowi_rng rng = stream(number);
    int n = draws(), i;
    double mean = l->moment[1], variance = l->moment[2] - mean * mean, sd = sqrt(variance), small = l->cdf(l, (SMALL - 0.5) / (double)UNIT);
    double fourth = l->moment[4] - 4 * mean * l->moment[3] + 6 * mean * mean * l->moment[2] - 3 * pow(mean, 4), kurtosis = fourth / variance / variance;
    double sum = 0, squares = 0, products = 0, last = 0, chi = 0, far = 0, seen = 0, zeros = 0, rest, want;
    int before = test_state.failed_here;
    memset(count, 0, sizeof count);
    for (i = 0; i < n; i++) {
        uint64_t ticks = aflowi_draw(s, &rng);
        double x = (double)ticks / (double)UNIT, d = (x - mean) / sd;
        sum += d;
        squares += d * d - 1;
        products += d * last;
        last = d;
        if (ticks < SMALL) zeros++;
        else {
            int cell = (int)((l->cdf(l, x) - small) / (1 - small) * CELLS);
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
    CHECK_NEAR(sum / sqrt(n), 0, SIGMAS);
    if (kurtosis < n * 0.002) CHECK_NEAR(squares / sqrt(n * (kurtosis - 1)), 0, SIGMAS);
    CHECK_NEAR(products / sqrt(n), 0, SIGMAS);
    CHECK_NEAR((chi - (CELLS - 1)) / sqrt(2.0 * (CELLS - 1)), 0, SIGMAS);
    CHECK_NEAR(far / sqrt(rest), 0, 2.3);
    if (small > 1e-9) CHECK_NEAR((zeros - n * small) / sqrt(n * small * (1 - small)), 0, SIGMAS);
    else CHECK(zeros <= 1);
    if (test_state.failed_here > before) printf("    in %s of scv %g\n", what, scv);
}

/* ---- the laws ---- */

static const double all[] = { 0.01, 0.1, 0.5, 1, 1.5, 4, 25, 100 };

/* shapes from 100 to 0.01; the erlang is the gamma of a whole shape */
static void gamma_law(void)
{
    aflowi_arena arena;
    size_t i;
    open_arena(&arena);
    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        aflowi_sampler s = aflowi_sampler_gamma(0.25, all[i], UNIT, &arena);
        law l = gamma_of(0.25, all[i]);
        judge("gamma", all[i], &s, &l, 10 + (uint32_t)i);
    }
    aflowi_arena_free(&arena);
}

static void weibull_law(void)
{
    size_t i;
    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        aflowi_sampler s = aflowi_sampler_weibull(0.25, all[i], UNIT);
        law l = weibull_of(0.25, all[i]);
        CHECK_NEAR(aflowi_weibull_inverse(all[i]) * l.a, 1, 1e-10);
        judge("weibull", all[i], &s, &l, 30 + (uint32_t)i);
    }
}

static void pareto_law(void)
{
    static const double maximum[] = { 250, 250, 250, 250, 2, 20, 25, 250 };
    aflowi_arena arena;
    size_t i;
    open_arena(&arena);
    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        aflowi_sampler s = aflowi_sampler_pareto(0.25, all[i], maximum[i], UNIT, &arena);
        law l = pareto_of(0.25, all[i], maximum[i]);
        CHECK_NEAR(l.moment[1], 0.25, 1e-9);
        judge("pareto", all[i], &s, &l, 50 + (uint32_t)i);
    }
    aflowi_arena_free(&arena);
}

static void hyperexponential_law(void)
{
    aflowi_arena arena;
    size_t i;
    open_arena(&arena);
    for (i = 3; i < sizeof all / sizeof all[0]; i++) {
        aflowi_sampler s = aflowi_sampler_hyperexponential(0.25, all[i], UNIT, &arena);
        law l = hyper_of(0.25, all[i]);
        judge("hyperexponential", all[i], &s, &l, 70 + (uint32_t)i);
    }
    aflowi_arena_free(&arena);
}

/* chi-square over 200 values, of which some weigh nothing, and the moments that the plan reads */
static void discrete_law(void)
{
    enum { COUNT = 200 };
    static double values[COUNT], weights[COUNT], count[COUNT];
    aflowi_arena arena;
    aflowi_sampler s;
    aflowi_rng rng = stream(90), pick = stream(91);
    double total = 0, chi = 0, mean, variance, sum = 0, squares = 0, fourth = 0;
    int n = draws(), i, cells = 0;
    open_arena(&arena);
    for (i = 0; i < COUNT; i++) {
        values[i] = (i + 1) * 1e-3;
        weights[i] = i % 9 == 4 ? 0 : 1 + (double)aflowi_draw_below(&pick, 50);
        total += weights[i];
    }
    s = aflowi_sampler_discrete(values, weights, COUNT, UNIT, &arena);
    aflowi_discrete_moments(values, weights, COUNT, &mean, &variance);
    for (i = 0; i < COUNT; i++) fourth += weights[i] / total * pow(values[i] - mean, 4);
    for (i = 0; i < n; i++) {
        uint64_t ticks = aflowi_draw(&s, &rng), k = ticks / (UNIT / 1000);
        double d = (double)ticks / (double)UNIT - mean;
        CHECK(k * (UNIT / 1000) == ticks && k >= 1 && k <= COUNT);
        if (k >= 1 && k <= COUNT) count[k - 1]++;
        sum += d;
        squares += d * d - variance;
    }
    for (i = 0; i < COUNT; i++) {
        double want = n * weights[i] / total;
        if (want == 0) CHECK(count[i] == 0);
        else chi += (count[i] - want) * (count[i] - want) / want;
        cells += want > 0;
    }
    CHECK_NEAR((chi - (cells - 1)) / sqrt(2.0 * (cells - 1)), 0, SIGMAS);
    CHECK_NEAR(sum / sqrt(n * variance), 0, SIGMAS);
    CHECK_NEAR(squares / sqrt(n * (fourth - variance * variance)), 0, SIGMAS);
    s = aflowi_sampler_discrete(values, NULL, 1, UNIT, &arena);         /* one value, and equal weights */
    for (i = 0; i < 100; i++) CHECK_U64(aflowi_draw(&s, &rng), UNIT / 1000);
    aflowi_discrete_moments(values, NULL, COUNT, &mean, &variance);
    CHECK_NEAR(mean, 0.1005, 1e-15);
    CHECK_NEAR(variance, 1e-6 * (COUNT * COUNT - 1) / 12, 1e-15);
    aflowi_arena_free(&arena);
}

/* ---- from percentiles ---- */

static double quantile(double mu, double sigma, double z) { return exp(mu + z * sigma); }

/* Two percentiles are met exactly: as numbers, and by the shares of the draws below them. */
static void percentiles_come_back(void)
{
    static const double z[3] = { 0, 1.6448536269514722, 2.3263478740408408 }, share[3] = { 0.5, 0.95, 0.99 };
    static const double sets[][3] = { { 0.02, 0.05, 0 }, { 0.02, 0, 0.3 }, { 0, 0.05, 0.09 }, { 0.001, 0.9, 0 }, { 0.1, 0.1001, 0 } };
    size_t i, k;
    for (i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        double mu, sigma, below[3] = { 0, 0, 0 }, mean, variance;
        aflowi_sampler s;
        aflowi_rng rng = stream(100 + (uint32_t)i);
        law l;
        int n = draws(), draw;
        aflowi_fit_log_normal(sets[i][0], sets[i][1], sets[i][2], &mu, &sigma);
        aflowi_log_normal_moments(mu, sigma, &mean, &variance);
        l = log_normal_of(mu, sigma);
        CHECK_NEAR(mean / l.moment[1], 1, 1e-13);
        CHECK_NEAR(variance / (l.moment[1] * l.moment[1] * expm1(sigma * sigma)), 1, 1e-12);
        for (k = 0; k < 3; k++) if (sets[i][k] > 0) CHECK_NEAR(quantile(mu, sigma, z[k]) / sets[i][k], 1, 1e-12);
        s = aflowi_sampler_log_normal(mu, sigma, UNIT);
        for (draw = 0; draw < n; draw++) {
            double x = (double)aflowi_draw(&s, &rng) / (double)UNIT;
            for (k = 0; k < 3; k++) below[k] += x <= sets[i][k];
        }
        for (k = 0; k < 3; k++) if (sets[i][k] > 0) CHECK_NEAR((below[k] - n * share[k]) / sqrt(n * share[k] * (1 - share[k])), 0, SIGMAS);
        judge("percentiles", sets[i][0], &s, &l, 110 + (uint32_t)i);
    }
}

/* Three that a log-normal has are met; three that it has not, by least squares: no neighbour is nearer. */
static void three_percentiles_are_fitted(void)
{
    static const double z[3] = { 0, 1.6448536269514722, 2.3263478740408408 };
    double mu, sigma, given[3], least = 0, error, step[3] = { 0, 1e-4, -1e-4 };
    int i, j, k;
    for (k = 0; k < 3; k++) given[k] = quantile(-4, 0.7, z[k]);
    aflowi_fit_log_normal(given[0], given[1], given[2], &mu, &sigma);
    CHECK_NEAR(mu, -4, 1e-14);
    CHECK_NEAR(sigma, 0.7, 1e-14);
    given[2] *= 2;
    aflowi_fit_log_normal(given[0], given[1], given[2], &mu, &sigma);
    for (i = 0; i < 3; i++) {
        for (j = 0; j < 3; j++) {
            error = 0;
            for (k = 0; k < 3; k++) error += pow(log(given[k]) - (mu + step[i]) - (sigma + step[j]) * z[k], 2);
            if (i == 0 && j == 0) least = error;
            else CHECK(error > least);
        }
    }
}

/* ---- plan-time and run-time maths ---- */

static void logarithm_of_integers(void)
{
    aflowi_rng rng = stream(1);
    long double worst = 0;
    int i;
    for (i = 0; i < 400000; i++) {
        uint64_t x = i < 64 ? (uint64_t)1 << i : i < 128 ? UINT64_MAX >> (i - 64) : aflowi_rng_next(&rng) >> (i & 63);
        if (x) worst = fmaxl(worst, fabsl((long double)aflowi_log2(x) * 0x1p-57L - log2l((long double)x)));
    }
    CHECK(worst < (LDBL_MANT_DIG > 53 ? 0x1p-55L : 0x1p-46L));
    CHECK_U64(aflowi_log2(1), 0);
    CHECK_U64(aflowi_log2(0), 0);
    CHECK_U64(aflowi_log2((uint64_t)1 << 56), (uint64_t)56 << 57);
}

static void exponential_function(void)
{
    aflowi_rng rng = stream(2);
    int i;
    for (i = 0; i < 200000; i++) {
        double x = ((double)(aflowi_rng_next(&rng) >> 11) * 0x1p-53 - 0.5) * (i % 2 ? 1400 : i % 4 ? 1 : 1e-9);
        /* a statement each: tcc 0.9 loses its place on the x87's stack where a long double waits for a call */
        long double want = expl((long double)x), off = (long double)aflowi_exp(x);
        off = off / want - 1;
        CHECK(fabsl(off) < (LDBL_MANT_DIG > 53 ? 0x1p-52L : 0x1p-50L));
    }
    CHECK(aflowi_exp(0) == 1 && aflowi_exp(-1e4) == 0 && aflowi_exp(-800) == 0 && aflowi_exp(1e4) == DBL_MAX && aflowi_exp(1e-30) == 1);
}

static void gamma_function(void)
{
    double x;
    for (x = 1; x <= 41; x += 0.0371) CHECK_NEAR(aflowi_ln_gamma(x), lgamma(x), 2e-14 + 1e-15 * lgamma(x));
    for (x = 0.02; x < 20; x *= 1.3) CHECK_NEAR(aflowi_weibull_spread(x), lgamma(1 + 2 * x) - 2 * lgamma(1 + x), 1e-13 * (1 + lgamma(1 + 2 * x)));
    /* the series and the difference meet where one takes over */
    CHECK_NEAR(aflowi_weibull_spread(0.00999999999999) / aflowi_weibull_spread(0.01), 1, 1e-9);
}

/* The solved parameters have the scv over the whole range that the check allows. */
static void parameters_are_solved(void)
{
    double scv, ratio, span;
    for (scv = AFLOWI_WEIBULL_LEAST; scv < AFLOWI_WEIBULL_MOST; scv *= 7) {
        CHECK_NEAR(exp(aflowi_weibull_spread(aflowi_weibull_inverse(scv))) - 1, scv, scv * 1e-9 + 1e-15);
    }
    for (ratio = AFLOWI_PARETO_RATIO_LEAST; ratio < AFLOWI_PARETO_RATIO_MOST; ratio *= 3) {
        double most = aflowi_pareto_most(ratio), shape;
        for (shape = 0.1; shape < 1001; shape *= 1.9) {
            double got = aflowi_pareto_scv(shape, ratio, &span);
            CHECK(got <= most);
            CHECK_NEAR(aflowi_pareto_moment(1, shape, span) * ratio, 1, 1e-12);
        }
    }
    CHECK(aflowi_pareto_most(1000) > 400 && aflowi_pareto_most(1000) < 500);
    CHECK(aflowi_pareto_scv(1100, 1000, &span) < AFLOWI_PARETO_LEAST);
}

/* ---- sizes at the borders ---- */

/* mean of the draws in ticks against the wanted one, in standard errors */
static double z_of(const aflowi_sampler *s, double ticks, double scv, uint32_t number)
{
    aflowi_rng rng = stream(number);
    double sum = 0;
    int i, n = 20000;
    for (i = 0; i < n; i++) sum += (double)aflowi_draw(s, &rng) / ticks - 1;
    return sum / sqrt(n * scv);
}

/* Means from a few ticks to beyond what a run can hold: no draw is nonsense. Rounding to ticks adds 1/12 to the variance. */
static void means_of_every_size(void)
{
    static const double means[] = { 30, 1e6, 1e12, 1e17 };       /* ticks */
    aflowi_arena arena;
    aflowi_sampler s;
    aflowi_rng rng = stream(200);
    size_t i;
    open_arena(&arena);
    for (i = 0; i < sizeof means / sizeof means[0]; i++) {
        double mean = means[i], scv = 0.25 + 1 / (12 * mean * mean);
        s = aflowi_sampler_gamma(mean, 0.25, 1, &arena);
        CHECK_NEAR(z_of(&s, mean, scv, 201), 0, SIGMAS);
        s = aflowi_sampler_gamma(mean, 2, 1, &arena);
        CHECK_NEAR(z_of(&s, mean, 2 + 1 / (12 * mean * mean), 202), 0, SIGMAS);
        s = aflowi_sampler_weibull(mean, 0.25, 1);
        CHECK_NEAR(z_of(&s, mean, scv, 203), 0, SIGMAS);
        s = aflowi_sampler_hyperexponential(mean, 2, 1, &arena);
        CHECK_NEAR(z_of(&s, mean, 2 + 1 / (12 * mean * mean), 204), 0, SIGMAS);
        s = aflowi_sampler_pareto(mean, 0.25, 100 * mean, 1, &arena);
        CHECK_NEAR(z_of(&s, mean, scv, 205), 0, SIGMAS);
    }
    for (i = 0; i < 2000; i++) {        /* what is far too large is held at the end of time, what is far too small is 0 */
        double tiny = i % 2 ? 1e-300 : 1e-30, huge = i % 2 ? 1e300 : 1e40;
        s = aflowi_sampler_gamma(tiny, 0.5, 1, &arena);
        CHECK_U64(aflowi_draw(&s, &rng), 0);
        s = aflowi_sampler_weibull(tiny, 0.5, 1);
        CHECK_U64(aflowi_draw(&s, &rng), 0);
        s = aflowi_sampler_gamma(huge, 0.01, UNIT, &arena);
        CHECK_U64(aflowi_draw(&s, &rng), AFLOWI_NEVER);
        s = aflowi_sampler_weibull(huge, 0.01, UNIT);
        CHECK_U64(aflowi_draw(&s, &rng), AFLOWI_NEVER);
        s = aflowi_sampler_gamma(1, AFLOWI_GAMMA_MOST, UNIT, &arena);
        CHECK(aflowi_draw(&s, &rng) <= AFLOWI_NEVER);
    }
    s = aflowi_sampler_gamma(1, 1e-10, UNIT, &arena);       /* shape 10^10: the normal law */
    CHECK_U64(s.law, AFLOWI_LAW_NORMAL);
    CHECK_NEAR(z_of(&s, (double)UNIT, 1e-10, 206), 0, SIGMAS);
    s = aflowi_sampler_gamma(1, 1e-7, UNIT, &arena);        /* the largest shapes that are still a gamma */
    CHECK_U64(s.law, AFLOWI_LAW_GAMMA);
    CHECK_NEAR(z_of(&s, (double)UNIT, 1e-7, 207), 0, SIGMAS);
    aflowi_arena_free(&arena);
}

static void pareto_stays_within_its_bounds(void)
{
    aflowi_arena arena;
    aflowi_sampler s;
    aflowi_rng rng = stream(210);
    uint64_t least = UINT64_MAX, most = 0, end = aflowi_scale(1.1, UNIT);
    law l = pareto_of(1, 0.0005, 1.1);
    int i;
    open_arena(&arena);
    s = aflowi_sampler_pareto(1, 0.0005, 1.1, UNIT, &arena);
    for (i = 0; i < 200000; i++) {
        uint64_t x = aflowi_draw(&s, &rng);
        if (x < least) least = x;
        if (x > most) most = x;
    }
    CHECK(most <= end && most > end - end / 1000);
    CHECK_NEAR((double)least / (double)UNIT, l.b, 1e-4);
    aflowi_arena_free(&arena);
}

/* A sampler that finds no memory says so through its arena. */
static void memory_may_be_out(void)
{
    static const double values[] = { 1, 2 };
    unsigned char none[1];
    aflow_allocator nothing = aflow_buffer_allocator(none, sizeof none);
    int i;
    for (i = 0; i < 4; i++) {
        aflowi_arena arena;
        aflowi_sampler s;
        aflowi_rng rng = stream(220);
        aflowi_arena_init(&arena, &nothing, 64);
        if (i == 0) s = aflowi_sampler_gamma(1, 2, 1, &arena);
        else if (i == 1) s = aflowi_sampler_pareto(1, 2, 1000, 1, &arena);
        else if (i == 2) s = aflowi_sampler_hyperexponential(1, 2, 1, &arena);
        else s = aflowi_sampler_discrete(values, NULL, 2, 1, &arena);
        CHECK(arena.failed);
        CHECK_U64(aflowi_draw(&s, &rng), 0);
        aflowi_arena_free(&arena);
    }
}

/* ---- in a run ---- */

/* A service whose requests take `step` and two edges of `latency`, 4 10^4 requests: the mean time of one, and its deviation. */
static aflow_latency_stats time_in(aflow_random_variable step, aflow_random_variable latency, aflow_compat compat)
{
    aflow_step steps[1];
    aflow_endpoint endpoint = { "/x", steps, 1, 1 };
    aflow_server server;
    aflow_edge edges[3];
    aflow_scenario s;
    aflow_run_desc desc;
    aflow_result *r;
    aflow_latency_stats stats;
    int i;
    memset(&server, 0, sizeof server);
    server.id = "app";
    server.endpoints = &endpoint;
    server.endpoints_count = 1;
    memset(&s, 0, sizeof s);
    memset(&desc, 0, sizeof desc);
    memset(&stats, 0, sizeof stats);
    memset(edges, 0, sizeof edges);
    steps[0] = aflow_io(step);
    for (i = 0; i < 3; i++) {
        edges[i].id = i == 0 ? "in" : i == 1 ? "there" : "back";
        edges[i].source = i == 0 ? "users" : i == 1 ? "client" : "app";
        edges[i].target = i == 1 ? "app" : "client";
        edges[i].latency = i == 0 ? aflow_constant(0.001) : latency;
    }
    s.rqs_input.id = "users";
    s.rqs_input.avg_active_users = aflow_poisson(100);
    s.rqs_input.avg_request_per_minute_per_user.mean = 60;
    s.topology_graph.nodes.client.id = "client";
    s.topology_graph.nodes.servers = &server;
    s.topology_graph.nodes.servers_count = 1;
    s.topology_graph.edges = edges;
    s.topology_graph.edges_count = 3;
    s.sim_settings.total_simulation_time = 400;
    s.sim_settings.enabled_sample_metrics = AFLOW_METRICS_NONE;
    s.sim_settings.compat = compat;
    desc.seed = 5;
    r = aflow_run(&s, &desc, NULL);
    CHECK(r != NULL);
    if (r) stats = aflow_result_latency(r);
    aflow_result_destroy(r);
    return stats;
}

/* Whatever way it was given, a step or a latency has the mean and variance that the resolved variable says. Standard error of a
   deviation: half of that of the variance, kurtosis below 12 with these. In compat mode an scv is of the values all the same. */
static void runs_draw_what_was_given(void)
{
    static const double values[] = { 0.01, 0.02, 0.08 }, weights[] = { 3, 2, 1 };
    aflow_random_variable given[10];
    size_t i;
    given[0] = aflow_gamma(0.03, 0.5); given[1] = aflow_erlang(3, 0.03); given[2] = aflow_weibull(0.03, 0.5);
    given[3] = aflow_pareto(0.03, 0.2, 0.2); given[4] = aflow_hyperexponential(0.03, 1.2); given[5] = aflow_percentiles(0.02, 0.05, 0);
    given[6] = aflow_discrete(values, weights, 3); given[7] = aflow_discrete(values, NULL, 3);
    given[8] = aflow_random_scv(AFLOW_DISTRIBUTION_LOG_NORMAL, 0.03, 0.2); given[9] = aflow_random_scv(AFLOW_DISTRIBUTION_UNIFORM, 0.03, 0.1);
    for (i = 0; i < sizeof given / sizeof given[0]; i++) {
        int compat;
        for (compat = 0; compat < 2; compat++) {
            aflow_random_variable v = aflowi_resolved_random(given[i], AFLOW_DISTRIBUTION_POISSON), twice = aflowi_resolved_random(v, AFLOW_DISTRIBUTION_POISSON);
            aflow_latency_stats a = time_in(given[i], aflow_constant(0.001), AFLOW_COMPAT_NONE);
            aflow_latency_stats b = time_in(aflow_constant(0.001), given[i], compat ? AFLOW_COMPAT_ASYNCFLOW_0_1 : AFLOW_COMPAT_NONE);
            double sd = sqrt(aflowi_variance_of(&v)), n = 38000;
            CHECK(v.mean == twice.mean && v.variance == twice.variance && v.distribution == twice.distribution);
            CHECK_NEAR((a.mean_s - 0.003 - v.mean) / sd * sqrt(n), 0, SIGMAS);
            CHECK_NEAR((b.mean_s - 0.002 - 2 * v.mean) / sd * sqrt(n / 2), 0, SIGMAS);
            CHECK_NEAR((a.std_dev_s / sd - 1) * 2 * sqrt(n / 11), 0, SIGMAS);
            CHECK_NEAR((b.std_dev_s / sd / sqrt(2) - 1) * 2 * sqrt(n / 11), 0, SIGMAS);
        }
    }
}

/* The same bits on every machine: all families, many parameters, solvers included. */
static void one_digest_on_every_machine(void)
{
    static const double values[] = { 0.1, 0.7, 3 }, weights[] = { 1, 2, 0.3 };
    aflowi_rng rng = stream(230);
    uint64_t digest = 0;
    aflowi_arena arena;
    int i, j;
    open_arena(&arena);
    for (i = 0; i < 120; i++) {
        double mean = aflowi_div(i + 1.0, 77.0), scv = aflowi_div(i * i + 1.0, 97.0), mu, sigma;
        aflowi_sampler s[6];
        s[0] = aflowi_sampler_gamma(mean, scv, AFLOWI_TICKS_PER_S, &arena);
        s[1] = aflowi_sampler_weibull(mean, scv, AFLOWI_TICKS_PER_S);
        s[2] = aflowi_sampler_pareto(mean, scv, aflowi_mul(mean, 1000), AFLOWI_TICKS_PER_S, &arena);
        s[3] = aflowi_sampler_hyperexponential(mean, aflowi_add(1, scv), AFLOWI_TICKS_PER_S, &arena);
        s[4] = aflowi_sampler_discrete(values, i % 2 ? weights : NULL, 3, AFLOWI_TICKS_PER_S, &arena);
        aflowi_fit_log_normal(mean, aflowi_add(mean, scv), i % 2 ? aflowi_add(mean, aflowi_mul(3, scv)) : 0, &mu, &sigma);
        s[5] = aflowi_sampler_log_normal(mu, sigma, AFLOWI_TICKS_PER_S);
        for (j = 0; j < 600; j++) digest = aflowi_mix(digest + 0x9e3779b97f4a7c15 + aflowi_draw(&s[j % 6], &rng));
    }
    aflowi_arena_free(&arena);
    CHECK_U64(digest, 9044480978824161570u);
}

int main(void)
{
    RUN(logarithm_of_integers);
    RUN(exponential_function);
    RUN(gamma_function);
    RUN(parameters_are_solved);
    RUN(gamma_law);
    RUN(weibull_law);
    RUN(pareto_law);
    RUN(hyperexponential_law);
    RUN(discrete_law);
    RUN(percentiles_come_back);
    RUN(three_percentiles_are_fitted);
    RUN(means_of_every_size);
    RUN(pareto_stays_within_its_bounds);
    RUN(memory_may_be_out);
    RUN(runs_draw_what_was_given);
    RUN(one_digest_on_every_machine);
    return test_end();
}
