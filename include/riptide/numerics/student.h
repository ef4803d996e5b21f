/*
 * numerics/student.h -- chi-square and Student t variables from normal ones. floor 1.2
 *
 * Monotone maps: a standard normal z becomes the quantile of another law at the
 * probability Phi(z), so antithetic and quasi-random normals keep their meaning. They
 * are slow (series, continued fractions and Newton's method; Abramowitz and Stegun
 * 1964, 6.5, 6.6 and 26.7) and serve to build curves (numerics/curve.h). For |z| <= 8.3
 * the relative error is below 1e-13 with dof in (2, 1000], and below 1e-11 to 1e6.
 *
 * Example: with 4 degrees of freedom the chi-square quantile at Phi(-2) is 0.46029,
 * that of Student's t at Phi(2) is 2.86931.
 */
#ifndef RIP_NUMERICS_STUDENT_H
#define RIP_NUMERICS_STUDENT_H

/* Chi-square variable of dof degrees of freedom, increasing in z. */
double rip_student_chi_square(double z, double dof);

/* Student's t variable (variance dof / (dof - 2)), increasing and odd in z. */
double rip_student_t(double z, double dof);

#endif /* RIP_NUMERICS_STUDENT_H */
