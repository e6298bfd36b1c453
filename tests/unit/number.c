/* number.c - decimal text <-> double against the C library, bit for bit. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"
#include <time.h>

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

/* FULL=1 in the environment asks for more */
static int number_rounds = 250000;

static uint64_t number_state = 0x9E3779B97F4A7C15u;

static uint64_t number_random(void)
{
    number_state ^= number_state << 13;
    number_state ^= number_state >> 7;
    number_state ^= number_state << 17;
    return number_state;
}

static uint64_t number_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double number_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void number_same_as_strtod(const char *text, size_t size)
{
    double got, want = strtod(text, NULL);
    if (!aflowi_parse_double(text, size, &got)) test_fail(__FILE__, __LINE__, "%s was refused", text);
    else if (number_bits(got) != number_bits(want)) test_fail(__FILE__, __LINE__, "%s is %a, expected %a", text, got, want);
}

/* a double drawn by kind: any bits, subnormal, near a power of two, an integer, a short decimal */
static double number_draw(int i)
{
    const uint64_t bits = number_random();
    switch (i % 5) {
    case 0: return number_double(bits);
    case 1: return number_double(bits >> (12 + bits % 52));
    case 2: return number_double((bits & ((uint64_t)2047 << 52)) + bits % 5 - 2);
    case 3: return (double)(bits >> (bits & 63));
    default: return (double)(bits >> 44) / (double)(1 + number_random() % 1000000);
    }
}

static void number_parse_random(void)
{
    char text[64];
    int i;
    for (i = 0; i < number_rounds; i++) {
        const double value = number_draw(i);
        const int length = snprintf(text, sizeof text, "%.*e", (int)(number_random() % 21), value);
        if (value - value != 0.0) continue;
        number_same_as_strtod(text, (size_t)length);
    }
}

/* the exact decimal of the midpoint between two doubles, and that text with its last digit one up and one down */
static void number_parse_halfway(void)
{
    static char text[1200];
    int i;
    if (LDBL_MANT_DIG < 64) SKIP("a long double has no bit more than a double");
    for (i = 0; i < 20000; i++) {
        uint64_t bits = number_random() & ~((uint64_t)1 << 63), high;
        int exponent, length, scale;
        if (i % 2) bits &= ((uint64_t)1 << (i % 53)) - 1u;
        exponent = (int)(bits >> 52);
        if (exponent == 2047) continue;
        high = (bits & (((uint64_t)1 << 52) - 1u)) | (exponent ? (uint64_t)1 << 52 : 0);
        scale = (exponent ? exponent : 1) - 1076;
        /* (2 high + 1) x 2^scale as exact text, in long double: 64 bits hold 54 */
        length = snprintf(text, sizeof text, "%.1080Le", ldexpl((long double)(2 * high + 1), scale));
        number_same_as_strtod(text, (size_t)length);
        { /* the same number without a tie: a digit behind all others */
            char *e = strchr(text, 'e');
            if (e[-1] == '0') { e[-1] = '1'; number_same_as_strtod(text, (size_t)length); }
        }
    }
}

static void number_parse_edges(void)
{
    static const char *const good[] = {
        "0", "-0", "+5", ".5", "5.", "1e3", "0777", "1e999", "-1e999", "1e-999", "1e400000000000000000000", "4.9e-324", "2.4703e-324",
        "2.4703282292062327208e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072012e-308", "0.1",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "9007199254740993", "18446744073709551616",
        "0.30000000000000004", "0e99999999999999999999", "1e+05", "123456789012345678901234567890", "00000000000000000000000000000001",
        "9007199254740992.99999999999999999999", "9007199254740993.0000000000000000000000000000000000000000001", "1E5", "1e-0" };
    static const char *const bad[] = { "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1_0", "0x10", "inf", "nan", " 1", "1 ", "--1", "1e5.", "1,5" };
    double value;
    size_t i;
    for (i = 0; i < sizeof good / sizeof *good; i++) number_same_as_strtod(good[i], strlen(good[i]));
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (aflowi_parse_double(bad[i], strlen(bad[i]), &value)) test_fail(__FILE__, __LINE__, "\"%s\" was accepted", bad[i]);
    }
    CHECK(aflowi_parse_double("12345", 2, &value) && value == 12.0);
}

static void number_parse_long(void)
{
    const size_t size = 1000000;
    char *text = (char *)malloc(size + 32);
    double value;
    if (text == NULL) SKIP("out of memory");
    memset(text, '0', size);
    text[0] = '1';
    memcpy(text + size, "e-999990", 9);
    CHECK(aflowi_parse_double(text, size + 8, &value) && value == 1e9);
    text[1] = '.';
    text[size - 1] = '1';
    memcpy(text + size, "e2", 3);
    CHECK(aflowi_parse_double(text, size + 2, &value) && value == 100.0);
    memset(text, '0', size);
    text[1] = '.';
    text[size - 1] = '7';
    memcpy(text + size, "e999998", 8);
    CHECK(aflowi_parse_double(text, size + 7, &value) && value == 7.0);
    memset(text, '9', size);
    CHECK(aflowi_parse_double(text, size, &value) && value > 1.7e308);
    free(text);
}

/* The significant digits alone. */
static void number_digits(const char *text, char *digits)
{
    size_t count = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0')) digits[count++] = *text;
    while (count > 0 && digits[count - 1] == '0') count--;
    digits[count] = '\0';
}

static void number_check_shortest(double value)
{
    char got[40], want[64], digits[64], want_digits[64];
    double back;
    int count = 0;
    const size_t length = aflowi_format_double(got, value);
    const char *p;
    if (length != strlen(got) || length >= 32) test_fail(__FILE__, __LINE__, "length of %s", got);
    if (!aflowi_parse_double(got, length, &back) || number_bits(back) != number_bits(value))
        test_fail(__FILE__, __LINE__, "%a printed as %s", value, got);
    for (p = got; *p != '\0' && *p != 'e'; p++) { /* zeros in front and at the end are layout, not digits */
        if (*p >= '1' && *p <= '9') count++;
        if (*p == '0' && count > 0 && strspn(p, "0.") != strcspn(p, "e")) count++;
    }
    if (count < 2) return;
    snprintf(want, sizeof want, "%.*e", count - 2, value);
    if (number_bits(strtod(want, NULL)) == number_bits(value)) test_fail(__FILE__, __LINE__, "%s has a digit too many: %s", got, want);
    snprintf(want, sizeof want, "%.*e", count - 1, value); /* and of as many digits it is the nearest, as printf's is */
    number_digits(got, digits);
    number_digits(want, want_digits);
    if (number_bits(strtod(want, NULL)) == number_bits(value) && strcmp(digits, want_digits) != 0)
        test_fail(__FILE__, __LINE__, "%s is not the nearest: %s", got, want);
}

static void number_format_shortest(void)
{
    int i;
    for (i = 0; i < number_rounds; i++) {
        const double value = number_draw(i);
        if (value - value == 0.0) number_check_shortest(value);
    }
}

static const char *number_text(double value)
{
    static char text[40];
    aflowi_format_double(text, value);
    return text;
}

static void number_format_examples(void)
{
    CHECK_STR(number_text(0.0), "0");
    CHECK_STR(number_text(-0.0), "-0");
    CHECK_STR(number_text(1.0), "1");
    CHECK_STR(number_text(-1e15), "-1000000000000000");
    CHECK_STR(number_text(1e15), "1000000000000000");
    CHECK_STR(number_text(123456.0), "123456");
    CHECK_STR(number_text(0.1), "0.1");
    CHECK_STR(number_text(0.30000000000000004), "0.30000000000000004");
    CHECK_STR(number_text(0.0001), "0.0001");
    CHECK_STR(number_text(0.00001), "1e-5");
    CHECK_STR(number_text(1.5e-7), "1.5e-7");
    CHECK_STR(number_text(1e22), "1e+22");
    CHECK_STR(number_text(1e17), "1e+17");
    CHECK_STR(number_text(1e16), "10000000000000000");
    CHECK_STR(number_text(5e-324), "5e-324");
    CHECK_STR(number_text(1.7976931348623157e308), "1.7976931348623157e+308");
    CHECK_STR(number_text(-2.2250738585072014e-308), "-2.2250738585072014e-308");
    CHECK_STR(number_text(HUGE_VAL), "null");
    CHECK_STR(number_text(HUGE_VAL - HUGE_VAL), "null");
}

static void number_check_fixed(double value, int digits)
{
    char got[80], want[512];
    const size_t length = aflowi_format_fixed(got, value, digits);
    if (value - value != 0.0 || fabs(value) >= ldexp(1.0, 128)) aflowi_format_double(want, value);
    else snprintf(want, sizeof want, "%.*f", digits, value);
    if (strcmp(got, want) != 0 || length != strlen(got) || length >= 64)
        test_fail(__FILE__, __LINE__, "%a with %d digits: %s, expected %s", value, digits, got, want);
}

static void number_format_fixed(void)
{
    int i, digits;
    for (i = 0; i < number_rounds; i++) number_check_fixed(number_draw(i), i % 10);
    for (i = 0; i < 4000; i++) /* ties: odd multiples of a half, a quarter, ... */
        for (digits = 0; digits < 10; digits++) number_check_fixed((double)(i - 2000) / 2048.0, digits);
    number_check_fixed(0.5, 0);
    number_check_fixed(1.5, 0);
    number_check_fixed(2.5, 0);
    number_check_fixed(-0.0, 3);
    number_check_fixed(9.9999999999, 9);
    number_check_fixed(3.4e38, 9);
    number_check_fixed(3.5e38, 9);
    number_check_fixed(HUGE_VAL, 2);
}

static void number_speed(void)
{
    static char text[100000][32];
    double sum = 0.0, value, format_s, parse_s;
    clock_t start = clock();
    int i;
    for (i = 0; i < 100000; i++) aflowi_format_double(text[i], number_double(number_random() & ~((uint64_t)1 << 62)));
    format_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    start = clock();
    for (i = 0; i < 100000; i++) { aflowi_parse_double(text[i], strlen(text[i]), &value); sum += value; }
    parse_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("number: 100000 random doubles: format %.3f s, parse %.3f s (%d)\n", format_s, parse_s, sum > 0.0);
}

int main(void)
{
    if (test_brief()) number_rounds = 10000;
    if (getenv("FULL")) number_rounds = 1000000;
    RUN(number_parse_edges);
    RUN(number_parse_random);
    RUN(number_parse_halfway);
    RUN(number_parse_long);
    RUN(number_format_examples);
    RUN(number_format_shortest);
    RUN(number_format_fixed);
    RUN(number_speed);
    return test_end();
}
