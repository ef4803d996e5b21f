/*
 * numerics/correlation.h -- correlation matrices.                          floor 1.2
 *
 * Matrices are row-major [n][n]. A correlation matrix is symmetric, has a diagonal of
 * ones, entries in [-1, 1] and no negative eigenvalue; it may be singular (everything
 * perfectly correlated is a valid stress). An eigenvalue above
 * -RIP_CORRELATION_TOLERANCE n counts as not negative: entries carry rounding errors.
 *
 * Repair (Higham, Computing the nearest correlation matrix - a problem from finance,
 * IMA Journal of Numerical Analysis 22, 2002): alternating projections onto the
 * semidefinite matrices and those of unit diagonal, with Dykstra's correction, end at
 * the nearest correlation matrix in the Frobenius norm.
 *
 * Example: (1 1 0; 1 1 1; 0 1 1) has the smallest eigenvalue 1 - sqrt 2; nearest to it
 * is (1 .7607 .1573; .7607 1 .7607; .1573 .7607 1), at the distance 0.5278.
 */
#ifndef RIP_NUMERICS_CORRELATION_H
#define RIP_NUMERICS_CORRELATION_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/status.h"

#define RIP_CORRELATION_TOLERANCE 1e-12

/* What is wrong with the entries of a matrix. */
typedef enum rip_correlation_fault {
    RIP_CORRELATION_SOUND = 0,
    RIP_CORRELATION_NOT_FINITE,
    RIP_CORRELATION_DIAGONAL,  /* value is not 1 */
    RIP_CORRELATION_RANGE,     /* value is outside [-1, 1] */
    RIP_CORRELATION_ASYMMETRIC /* value differs from its mirror image */
} rip_correlation_fault;

typedef struct rip_correlation_entry {
    rip_correlation_fault fault;
    size_t row, column; /* the first entry at fault, in reading order */
    double value;
} rip_correlation_entry;

/* Looks at the entries, with an absolute tolerance of RIP_CORRELATION_TOLERANCE. */
rip_correlation_entry rip_correlation_check(size_t n, const double *matrix);

/* The smallest eigenvalue of a symmetric matrix. Errors: RIP_ERR_NO_MEMORY. */
RIP_NODISCARD rip_status rip_correlation_smallest_eigenvalue(size_t n,
                                                             const double *matrix,
                                                             double *smallest);

/*
 * A lower triangular factor with factor factor' = matrix to 1e-12 n in every entry; the
 * columns that a singular matrix does not need are zero.
 * Errors: RIP_ERR_NOT_POSITIVE if an eigenvalue is negative; RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_correlation_factor(size_t n, const double *matrix,
                                                double *factor);

/*
 * Stress of the entries off the diagonal, in place; rows and columns i with exclude[i]
 * (NULL: none) are left alone. weight is in [0, 1]. Only the first two without
 * exclusion surely keep a correlation matrix one.
 */
/* R <- (1 - weight) R + weight 11' */
void rip_correlation_stress_one(size_t n, double *matrix, double weight,
                                const bool *exclude);
/* R <- (1 - weight) R + weight target */
void rip_correlation_stress_toward(size_t n, double *matrix, double weight,
                                   const double *target, const bool *exclude);
/* The same for the pairs of member[n_member] only, toward one number. */
typedef struct rip_correlation_group {
    size_t n_member;
    const size_t *member;
    double correlation, weight;
} rip_correlation_group;
void rip_correlation_stress_group(size_t n, double *matrix,
                                  const rip_correlation_group *group,
                                  const bool *exclude);

/*
 * The correlation matrix nearest to a symmetric matrix, into nearest[n][n], and its
 * distance in the Frobenius norm. The result passes rip_correlation_factor.
 * Errors: RIP_ERR_NO_MEMORY; RIP_ERR_INTERNAL if the projections do not settle.
 */
RIP_NODISCARD rip_status rip_correlation_nearest(size_t n, const double *matrix,
                                                 double *nearest, double *distance);

#endif /* RIP_NUMERICS_CORRELATION_H */
