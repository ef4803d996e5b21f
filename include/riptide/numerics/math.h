/*
 * numerics/math.h -- elementary functions with the same bits everywhere.   floor 1.1
 *
 * libm's results differ between processors and versions. These use only + - * /, sqrt,
 * comparisons and operations on bits, in fixed order, so every compiler, SIMD level and
 * processor computes the same double (without contraction). They have no branches and
 * vectorise inside loops. Polynomials are near-minimax fits made for this file; the
 * largest error seen against long double arithmetic, in units in the last place (ulp),
 * is stated with each function and is what the tests demand.
 *
 * NaN gives NaN; infinities behave as in C's Annex F where not said otherwise.
 */
#ifndef RIP_NUMERICS_MATH_H
#define RIP_NUMERICS_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define RIP_MATH_PI 3.141592653589793238

static inline uint64_t
rip_math_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static inline double
rip_math_from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* 2^n for an exponent that is given as n + 1023, in 1 .. 2046. */
static inline double
rip_math_power_of_two(uint64_t biased)
{
    return rip_math_from_bits(biased << 52);
}

/* (e^r - 1 - r) / r^2 for |r| <= 0.3466, even and odd terms side by side. */
static inline double
rip_math_exp_series(double r)
{
    const double r2 = r * r;
    const double even =
        0x1.0000000000001p-1 +
        r2 * (0x1.5555555553d67p-5 +
              r2 * (0x1.6c16c1788a49bp-10 +
                    r2 * (0x1.a019b9133a48ap-16 + r2 * 0x1.28917e2c43a66p-22)));
    const double odd =
        0x1.5555555555556p-3 +
        r2 * (0x1.11111111109b4p-7 +
              r2 * (0x1.a01a01a7c327ap-13 +
                    r2 * (0x1.71de0db21e27fp-19 + r2 * 0x1.af38a0d2d9620p-26)));
    return even + r * odd;
}

/*
 * exp(high + low) for |low| far below |high|. AVX2 has no conversion between 64-bit
 * integers and doubles, so adding 1.5 x 2^52 leaves the rounded integer in the low
 * bits.
 */
static inline double
rip_math_exp_sum(double high, double low)
{
    const double magic = 6755399441055744.0;
    /* Beyond these the result is infinite or zero already. */
    double x = high < -746.0 ? -746.0 : high;
    x = x > 710.0 ? 710.0 : x;
    const double shifted = x * 1.4426950408889634074 + magic;
    const double n = shifted - magic;
    /* ln 2 in two parts; n times the first is exact. |r| <= 0.3466. */
    const double a = x - n * 0x1.62e42feep-1;
    const double b = n * 0x1.a39ef35793c76p-33 - low;
    const double r = a - b;
    const double y = 1.0 + (a - (b - r * r * rip_math_exp_series(r)));
    /* 2^n in two halves, for results beyond the normal range; n + 2048 > 0. */
    const uint64_t biased = rip_math_bits(shifted) - rip_math_bits(magic) + 2048;
    const uint64_t half = biased >> 1;
    return y * rip_math_power_of_two(half - 1) *
           rip_math_power_of_two(biased - half - 1);
}

/* e^x; 1.0 ulp where the result is normal. */
static inline double
rip_math_exp(double x)
{
    return rip_math_exp_sum(x, 0.0);
}

/* e^x for |x| <= RIP_MATH_EXP_SMALL: the bits of rip_math_exp in fewer operations. */
#define RIP_MATH_EXP_SMALL 0.34

static inline double
rip_math_exp_small(double x)
{
    return 1.0 + (x + x * x * rip_math_exp_series(x));
}

/*
 * The parts of a finite x > 0: x = 2^exponent (1 + f), with 1 + f in [sqrt(1/2),
 * sqrt(2)).
 */
typedef struct rip_math_parts {
    double exponent, f;
} rip_math_parts;

static inline rip_math_parts
rip_math_split(double x)
{
    /* A subnormal is made normal first. */
    const double tiny = x < 0x1p-1022 ? 54.0 : 0.0;
    const uint64_t bits = rip_math_bits(x < 0x1p-1022 ? x * 0x1p54 : x);
    const uint64_t above = bits - 0x3fe6a09e667f3bcdu; /* bits of sqrt(1/2) */
    const uint64_t biased = (above >> 52) ^ 0x800;     /* exponent + 2048 */
    /* From integer to double by the bits of 2^52. */
    const double exponent =
        rip_math_from_bits(0x4330000000000000u | biased) - (0x1p52 + 2048.0);
    const double m = rip_math_from_bits(bits - (above & 0xfff0000000000000u));
    return (rip_math_parts){.exponent = exponent - tiny, .f = m - 1.0};
}

/* (log((1 + s) / (1 - s)) - 2 s - (2/3) s^3) / s for s^2 = z <= 0.02945. */
static inline double
rip_math_log_series(double z)
{
    return z * z *
           (0x1.999999999999ep-2 +
            z * (0x1.249249248e532p-2 +
                 z * (0x1.c71c71d7e7fc3p-3 +
                      z * (0x1.745d09f06d811p-3 +
                           z * (0x1.3b18b8ee7a308p-3 +
                                z * (0x1.1018ae366a914p-3 +
                                     z * 0x1.08788c3e01713p-3))))));
}

/* log x for finite x > 0, without the checks of rip_math_log. */
static inline double
rip_math_log_positive(double x)
{
    const rip_math_parts part = rip_math_split(x);
    const double k = part.exponent, f = part.f;
    const double s = f / (2.0 + f);
    const double half_square = 0.5 * f * f;
    /* log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + series)) */
    const double z = s * s;
    const double series = z * 0x1.5555555555555p-1 + rip_math_log_series(z);
    const double low = s * (half_square + series) + k * 0x1.a39ef35793c76p-33;
    return k * 0x1.62e42feep-1 - ((half_square - low) - f);
}

/* Natural logarithm, -infinity at 0, NaN below; 0.9 ulp. */
static inline double
rip_math_log(double x)
{
    double y = rip_math_log_positive(x);
    y = x < INFINITY ? y : x;
    y = x > 0.0 ? y : (x == 0.0 ? -INFINITY : NAN);
    return y;
}

/* log(1 + x), x > -1; 2.1 ulp. */
static inline double
rip_math_log1p(double x)
{
    const double u = 1.0 + x;
    /* What rounding 1 + x lost, to first order. */
    const double lost = x < 0.5 ? x - (u - 1.0) : 1.0 - (u - x);
    const double y = rip_math_log(u) + (u > 0.0 ? lost / u : 0.0);
    const double small = u == 1.0 ? x : y;
    return u < INFINITY ? small : u;
}

/* A sum or product of two doubles as a pair that loses (almost) nothing. */
typedef struct rip_math_pair {
    double high, low;
} rip_math_pair;

/* a + b exactly, for |a| >= |b| or a = 0. */
static inline rip_math_pair
rip_math_fast_sum(double a, double b)
{
    const double sum = a + b;
    return (rip_math_pair){sum, b - (sum - a)};
}

/* The first 26 bits of x. */
static inline double
rip_math_upper_half(double x)
{
    return rip_math_from_bits(rip_math_bits(x) & 0xfffffffff8000000u);
}

/* a * b exactly, if nothing over- or underflows (Dekker 1971, by cut operands). */
static inline rip_math_pair
rip_math_product(double a, double b)
{
    const double ah = rip_math_upper_half(a), al = a - ah;
    const double bh = rip_math_upper_half(b), bl = b - bh;
    const double p = a * b;
    return (rip_math_pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

/* log x of a finite x > 0 to about 2^-64 relative to max(1, |log x|). */
static inline rip_math_pair
rip_math_log_pair(double x)
{
    const rip_math_parts part = rip_math_split(x);
    const double k = part.exponent, f = part.f;
    /* s = f / (2 + f) as a pair: the remainder of the division is exact enough. */
    const rip_math_pair d = rip_math_fast_sum(2.0, f);
    const double s = f / d.high;
    const rip_math_pair back = rip_math_product(s, d.high);
    const double s_low = ((f - back.high) - back.low - s * d.low) / d.high;
    /* 2 s + (2/3) s^3 + ...; s^3 (2/3) as a pair as well. */
    const rip_math_pair z = rip_math_product(s, s);
    const double z_low = z.low + 2.0 * s * s_low;
    const double rest = rip_math_log_series(z.high);
    const rip_math_pair third = rip_math_product(z.high, 0x1.5555555555555p-1);
    const double third_low =
        third.low + z.high * 0x1.5555555555555p-55 + z_low * 0x1.5555555555555p-1;
    const rip_math_pair cube = rip_math_product(s, third.high);
    const double cube_low = cube.low + s * (third_low + rest) + s_low * third.high;
    const rip_math_pair one = rip_math_fast_sum(2.0 * s, cube.high);
    const rip_math_pair all = rip_math_fast_sum(k * 0x1.62e42feep-1, one.high);
    const double low =
        all.low + (one.low + (cube_low + 2.0 * s_low) + k * 0x1.a39ef35793c76p-33);
    return rip_math_fast_sum(all.high, low);
}

/*
 * x^y for x >= 0; NaN for x < 0 whatever y is. 1.0 ulp for results in 1e-40 ..
 * 1e40, 2.1 ulp wherever they are normal, for |y| < 2^500.
 */
static inline double
rip_math_pow(double x, double y)
{
    const rip_math_pair l = rip_math_log_pair(x);
    const rip_math_pair p = rip_math_product(l.high, y);
    const double low = p.low + l.low * y;
    const double inside = rip_math_exp_sum(p.high, fabs(p.high) < 1000.0 ? low : 0.0);
    /* x = 0 and x = infinity by the sign of y; x^0 = 1^y = 1. */
    const double at_zero = y < 0.0 ? INFINITY : 0.0;
    const double at_infinity = y < 0.0 ? 0.0 : INFINITY;
    double result = x < INFINITY ? inside : (x == INFINITY ? at_infinity : NAN);
    result = x > 0.0 ? result : (x == 0.0 ? at_zero : NAN);
    result = y == y ? result : NAN;
    return (y == 0.0 || x == 1.0) ? 1.0 : result;
}

/*
 * sin and cos together for |x| <= 2^20, NaN beyond: 1.0 ulp except within 1e-5 of a
 * zero other than 0, where the absolute error is 2e-21.
 */
typedef struct rip_math_circle {
    double sin, cos;
} rip_math_circle;

static inline rip_math_circle
rip_math_sin_cos(double x)
{
    const double magic = 6755399441055744.0;
    const double shifted = x * 0x1.45f306dc9c883p-1 + magic; /* 2 / pi */
    const double n = shifted - magic;
    const uint64_t quadrant = rip_math_bits(shifted);
    /* pi / 2 in three parts of 33 bits and a rest; products with n are exact. */
    const double a = x - n * 0x1.921fb544p+0;
    const double b = n * 0x1.0b4611a6p-34;
    const double c = a - b;
    const double lost = ((a - c) - b) - n * 0x1.3198a2e037073p-69;
    const double r = c + lost;
    const double r_low = lost - (r - c);
    const double z = r * r;
    const double sp =
        -0x1.5555555555555p-3 +
        z * (0x1.1111111110bb2p-7 +
             z * (-0x1.a01a019e83816p-13 +
                  z * (0x1.71de379654304p-19 +
                       z * (-0x1.ae600aca92c64p-26 + z * 0x1.5e0b05bff20f2p-33))));
    const double cp =
        0x1.5555555555555p-5 +
        z * (-0x1.6c16c16c16967p-10 +
             z * (0x1.a01a019f4e9b4p-16 +
                  z * (-0x1.27e4fa17bf139p-22 +
                       z * (0x1.1eeb68cd22f56p-29 + z * -0x1.907d8f29fe831p-37))));
    const double s = r + (r * z * sp + r_low * (1.0 - 0.5 * z));
    const double half = 0.5 * z, w = 1.0 - half;
    const double co = w + (((1.0 - w) - half) + (z * z * cp - r * r_low));
    const double sine = (quadrant & 1) != 0 ? co : s;
    const double cosine = (quadrant & 1) != 0 ? s : co;
    const int valid = fabs(x) <= 0x1p20;
    return (rip_math_circle){
        .sin = valid ? ((quadrant & 2) != 0 ? -sine : sine) : NAN,
        .cos = valid ? (((quadrant + 1) & 2) != 0 ? -cosine : cosine) : NAN};
}

static inline double
rip_math_sin(double x)
{
    return rip_math_sin_cos(x).sin;
}

static inline double
rip_math_cos(double x)
{
    return rip_math_sin_cos(x).cos;
}

/*
 * The upper tail Q(x) of the standard normal law for x >= 0. With t = (x - 4) / (x +
 * 4), (1 + x) e^(x^2 / 2) Q(x) is a polynomial in t over the whole half-line.
 */
static inline double
rip_math_normal_tail_polynomial(double t)
{
    double p = -7.255460695851768e-10;
    p = p * t - 1.5463815545201715e-09;
    p = p * t + 5.758385702078858e-09;
    p = p * t + 1.744682183478039e-08;
    p = p * t - 1.8643150877103823e-08;
    p = p * t - 1.10233768116029e-07;
    p = p * t - 2.2103572445430463e-10;
    p = p * t + 5.507887683089697e-07;
    p = p * t + 4.0580524875156294e-07;
    p = p * t - 2.611858307579318e-06;
    p = p * t - 3.4328382916146516e-06;
    p = p * t + 1.3626321688909283e-05;
    p = p * t + 2.1250241889757066e-05;
    p = p * t - 8.785300671505195e-05;
    p = p * t - 9.443028888601637e-05;
    p = p * t + 0.0006948970697612711;
    p = p * t - 0.0002856230944321861;
    p = p * t - 0.005002378587116524;
    p = p * t + 0.01793609747950764;
    p = p * t - 0.0321978374283102;
    p = p * t + 0.02860036405355274;
    p = p * t + 0.013999634724430356;
    p = p * t - 0.09670347732652579;
    p = p * t + 0.47205320650984467;
    return p;
}

static inline double
rip_math_normal_tail(double x)
{
    const double limited = x < 40.0 ? x : 40.0; /* Q is 0 there */
    const double t = (limited - 4.0) / (limited + 4.0);
    const double p = rip_math_normal_tail_polynomial(t);
    /* x^2 / 2 as a pair, or its error would be seen in the far tail. */
    const rip_math_pair square = rip_math_product(limited, 0.5 * limited);
    return rip_math_exp_sum(-square.high, -square.low) * (p / (1.0 + limited));
}

/* The standard normal distribution function; 4.5 ulp where it is normal. */
static inline double
rip_math_normal_cdf(double x)
{
    const double q = rip_math_normal_tail(fabs(x));
    const double y = x > 0.0 ? 1.0 - q : q;
    return x == x ? y : x;
}

/*
 * The inverse of the standard normal distribution function, in three parts as in AS 241
 * (Wichura, The percentage points of the normal distribution, Applied Statistics 37,
 * 1988), so that kernels can treat the rare tails apart. Central part, for q = p - 1/2,
 * |q| <= RIP_MATH_NORMAL_CENTRAL: 31 of 32 probabilities.
 */
#define RIP_MATH_NORMAL_CENTRAL 0.484375

static inline double
rip_math_normal_inverse_central(double q)
{
    const double r = RIP_MATH_NORMAL_CENTRAL * RIP_MATH_NORMAL_CENTRAL - q * q;
    const double r2 = r * r;
    double num_even = 944111350.8158573, num_odd = 13817474896.609571;
    double den_even = 2053964639.491234, den_odd = 12088824309.85741;
    num_even = num_even * r2 + 29235469790.955994;
    num_odd = num_odd * r2 + 20249992094.10836;
    den_even = den_even * r2 + 16964986344.361877;
    den_odd = den_odd * r2 + 9072064616.255215;
    num_even = num_even * r2 + 6056689592.513514;
    num_odd = num_odd * r2 + 897491298.9269578;
    den_even = den_even * r2 + 2258549544.6113796;
    den_odd = den_odd * r2 + 291534193.4789935;
    num_even = num_even * r2 + 71024556.52935898;
    num_odd = num_odd * r2 + 3105959.116232898;
    den_even = den_even * r2 + 20721027.86463184;
    den_odd = den_odd * r2 + 831807.589165292;
    num_even = num_even * r2 + 74542.34313385547;
    num_odd = num_odd * r2 + 913.4734415453022;
    den_even = den_even * r2 + 18623.52895705956;
    den_odd = den_odd * r2 + 215.51491965011837;
    num_even = num_even * r2 + 4.446709045804297;
    den_even = den_even * r2 + 1.0;
    const double num = num_odd * r + num_even;
    const double den = den_odd * r + den_even;
    return q * num / den;
}

/* Tail 2^-53 <= p <= 1/64 by r = sqrt(-log p): minus the quantile of p. */
static inline double
rip_math_normal_inverse_near(double r)
{
    const double s = r - 2.039;
    const double s2 = s * s;
    double num_even = 0.03917912542758578, num_odd = 0.0012599876540285184;
    double den_even = 0.0008908249657046419, den_odd = 1.1886712856667235e-09;
    num_even = num_even * s2 + 2.158773203449135;
    num_odd = num_odd * s2 + 0.4224873950692293;
    den_even = den_even * s2 + 0.2483394217533488;
    den_odd = den_odd * s2 + 0.02589727415805828;
    num_even = num_even * s2 + 8.706452678640604;
    num_odd = num_odd * s2 + 5.857372461725846;
    den_even = den_even * s2 + 2.27884542926686;
    den_odd = den_odd * s2 + 1.0679365681146713;
    num_even = num_even * s2 + 2.1533320188946545;
    num_odd = num_odd * s2 + 6.755249056471201;
    den_even = den_even * s2 + 1.0;
    den_odd = den_odd * s2 + 2.3825185170570014;
    const double num = num_odd * s + num_even;
    const double den = den_odd * s + den_even;
    return num / den;
}

/* The same for r > 6 (PPND16 of AS 241). */
static inline double
rip_math_normal_inverse_far(double r)
{
    const double s = r - 5.0;
    double num = 2.01033439929228813265e-7, den = 2.04426310338993978564e-15;
    num = num * s + 2.71155556874348757815e-5;
    den = den * s + 1.4215117583164458887e-7;
    num = num * s + 0.0012426609473880784386;
    den = den * s + 1.8463183175100546818e-5;
    num = num * s + 0.026532189526576123093;
    den = den * s + 7.868691311456132591e-4;
    num = num * s + 0.29656057182850489123;
    den = den * s + 0.0148753612908506148525;
    num = num * s + 1.7848265399172913358;
    den = den * s + 0.13692988092273580531;
    num = num * s + 5.4637849111641143699;
    den = den * s + 0.59983220655588793769;
    num = num * s + 6.6579046435011037772;
    den = den * s + 1.0;
    return num / den;
}

/* The quantile for p in [2^-53, 1/64] or [63/64, 1 - 2^-53]. */
static inline double
rip_math_normal_inverse_tail(double p)
{
    const double small = p < 0.5 ? p : 1.0 - p;
    const double x = rip_math_normal_inverse_near(sqrt(-rip_math_log_positive(small)));
    return p < 0.5 ? -x : x;
}

/*
 * Standard normal quantile of p: -+infinity at 0 and 1, NaN outside. 9 ulp for p in
 * [1e-300, 1).
 */
static inline double
rip_math_normal_inverse(double p)
{
    const double q = p - 0.5;
    const double central = rip_math_normal_inverse_central(q);
    const double r = sqrt(-rip_math_log_positive(p > 0.0 && p < 0.5 ? p : 0.5));
    const double far = -rip_math_normal_inverse_far(r);
    const double tail = r <= 6.07 ? rip_math_normal_inverse_tail(p) : far;
    double x = fabs(q) <= RIP_MATH_NORMAL_CENTRAL ? central : tail;
    x = p > 0.0 ? x : (p == 0.0 ? -INFINITY : NAN);
    return p < 1.0 ? x : (p == 1.0 ? INFINITY : NAN);
}

#endif /* RIP_NUMERICS_MATH_H */
