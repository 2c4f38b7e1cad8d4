// Package manifold moves along the geodesics of surfaces in Euclidean space: spheres, Stiefel manifolds, rotations and special unitary matrices, and
// products of them with flat space. Velocities are tangent vectors in the coordinates around, geodesics those of the metric that these coordinates induce
// (A. Edelman, T. A. Arias, S. T. Smith, SIAM J. Matrix Anal. Appl. 20, 303 (1998); S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013)).
package manifold
