package over

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
)

// SMC is a sequential Monte Carlo sampler: a population drawn from a reference distribution is annealed along the geometric path
//
//	u_r = (1 - r) u + r u_reference,   u = E/kT - log|dx/dz|,   r from 1 to 0,
//
// to the highest kT and on to each lower one in equal steps of 1/kT. A step changes log weights by -(u_new - u_old), resamples by a systematic comb
// where few particles are effective, and moves all by the kernel. The reference of spins is infinite temperature (fair coins, N log 2); that of a
// density a Gaussian N(center, scale^2) of the unconstrained coordinates z, or the prior of a posterior, with whose likelihood it is annealed.
//
// "draws" are the particles of each of "chains" independent populations, with log_weights: exp(log_weights) averages to the evidence. Means, errors
// (from the populations) and effective sizes of the run are those of weighted draws.
//
// Steps and kernels are adapted by the population itself, which leaves a bias of order 1/draws in the evidence; with pilot > 0 by a population beside it,
// and then the evidence (not its logarithm) is unbiased.
//
// # Observables
//
// Beside the system's: log_weights (draw,), family (draw,), the particle of the reference that a draw descends from, log_evidence = log of the
// integral of exp(-E/kT) over x (for spins the sum over states) and log_evidence_se, from the weights of the families.
//
// # Info
//
//	ess         effective particles at a temperature
//	stages      steps to a temperature from the one before
//	families    particles of the reference that have descendants
//	rho_t       particles times the sum of squared weights of families: log_evidence_se^2 is (rho_t - 1) / draws
//	resampled   times of a population
//
// # Examples
//
//	>>> import numpy as np
//	>>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
//	>>> run = erg.sample(wells, erg.SMC(scale=2.0), space=erg.Real(2), kT=[0.5, 1.0], draws=500, seed=1)
//	>>> run["x"].shape, run["log_evidence"].shape
//	((2, 4, 500, 2), (2, 4))
//
// # References
//
// P. Del Moral, A. Doucet, A. Jasra, J. R. Stat. Soc. B 68, 411 (2006). Y. Zhou, A. M. Johansen, J. A. D. Aston, J. Comput. Graph. Stat. 25, 701 (2016).
// A. Lee, N. Whiteley, Biometrika 105, 609 (2018).
type SMC struct {
	// How particles move; where none is given HMC for densities, Metropolis for spins.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps of the kernel after each step.
	Sweeps int `spec:"sweeps" default:"1" range:"[1,1e9]"`
	// Conditional effective size, as a share, that a step leaves.
	CESS float64 `spec:"cess" default:"0.9" range:"(0,1)"`
	// Number of equal steps from temperature to temperature; 0 places them by cess.
	Steps int `spec:"steps" default:"0" range:"[0,1e9]"`
	// Share of effective particles below which they are resampled; 0 never, above 1 after each step.
	ESS float64 `spec:"ess" default:"0.5" range:"[0,2]"`
	// Particles beside each population that set its steps and kernels.
	Pilot int `spec:"pilot" default:"0" range:"[0,1e9]"`
	// What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the marginal likelihood (of kT = 1), "gaussian" that of center
	// and scale; "automatic" the prior of a posterior of laws where center and scale are not given.
	Reference string `spec:"reference" default:"\"automatic\"" oneof:"automatic,prior,gaussian"`
	// Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for each. That of angles, spheres and
	// other surfaces is uniform.
	Center array.Field `spec:"center" default:"0.0"`
	// Its standard deviation.
	Scale array.Field `spec:"scale" default:"1.0"`
}

// AnnealedImportanceSampling draws from the reference, anneals each particle on its own and weighs it by
//
//	log w = sum over steps of -(u_new(x) - u_old(x)) + log of the reference's normaliser,
//
// without resampling. The mean of w is the evidence without bias; its logarithm is biased by half its relative variance. Path, reference and results are
// those of SMC. Steps (where they are placed by cess) and kernels come from a pilot population, which keeps the weights unbiased.
//
// # Observables
//
// Beside the system's: log_weights (draw,), family (draw,), log_evidence and log_evidence_se.
//
// # Info
//
//	ess     effective particles at a temperature
//	stages  steps to a temperature from the one before
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((4, 4))
//	>>> run = erg.sample(magnet, erg.AnnealedImportanceSampling(), kT=2.0, draws=2000, seed=1)
//	>>> exact = erg.solve(magnet, kT=2.0)
//	>>> bool(abs(run.log_evidence.value - exact["log_z"]) < 0.1)
//	True
//
// # References
//
// R. M. Neal, Stat. Comput. 11, 125 (2001). C. Jarzynski, Phys. Rev. E 56, 5018 (1997).
type AnnealedImportanceSampling struct {
	// How particles move; where none is given HMC for densities, Metropolis for spins.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps of the kernel after each step.
	Sweeps int `spec:"sweeps" default:"1" range:"[1,1e9]"`
	// Conditional effective size of the pilot, as a share, that a step leaves.
	CESS float64 `spec:"cess" default:"0.99" range:"(0,1)"`
	// Number of equal steps from temperature to temperature; 0 places them by cess.
	Steps int `spec:"steps" default:"0" range:"[0,1e9]"`
	// Particles beside each population that set its steps and kernels.
	Pilot int `spec:"pilot" default:"200" range:"[2,1e9]"`
	// What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the marginal likelihood (of kT = 1), "gaussian" that of center
	// and scale; "automatic" the prior of a posterior of laws where center and scale are not given.
	Reference string `spec:"reference" default:"\"automatic\"" oneof:"automatic,prior,gaussian"`
	// Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for each. That of angles, spheres and
	// other surfaces is uniform.
	Center array.Field `spec:"center" default:"0.0"`
	// Its standard deviation.
	Scale array.Field `spec:"scale" default:"1.0"`
}

// PopulationAnnealing cools a population from the reference and resamples it at every step, so that each temperature holds a population of equal weights:
//
//	log Z = sum over steps of log mean exp(-(u_new - u_old)) + log of the reference's normaliser.
//
// The families that descend from one particle of the reference measure equilibration: rho_t should stay well below draws. Independent populations are
// averaged with their evidences as weights, as the run does. Path and results are those of SMC; adaptive steps bias the evidence by order 1/draws,
// with steps > 0 and a kernel that nothing tunes (spins) it is unbiased.
//
// # Observables
//
// Beside the system's: log_weights (draw,), family (draw,), log_evidence and log_evidence_se.
//
// # Info
//
//	families    particles of the reference that have descendants
//	rho_t       particles times the sum of squared shares of families
//	stages      steps to a temperature from the one before
//
// # Examples
//
//	>>> run = erg.sample(erg.lattice.Ising((8, 8)), erg.PopulationAnnealing(), kT=[1.5, 2.0, 3.0], draws=500, chains=2, seed=1)
//	>>> run["energy"].shape, bool((run.info["rho_t"] < 100).all())
//	((3, 2, 500), True)
//
// # References
//
// K. Hukushima, Y. Iba, AIP Conf. Proc. 690, 200 (2003). J. Machta, Phys. Rev. E 82, 026704 (2010). W. Wang, J. Machta, H. G. Katzgraber, Phys. Rev. E 92,
// 063307 (2015) for rho_t.
type PopulationAnnealing struct {
	// How particles move; where none is given HMC for densities, Metropolis for spins.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps of the kernel after each step.
	Sweeps int `spec:"sweeps" default:"10" range:"[1,1e9]"`
	// Conditional effective size, as a share, that a step leaves.
	CESS float64 `spec:"cess" default:"0.9" range:"(0,1)"`
	// Number of equal steps from temperature to temperature; 0 places them by cess.
	Steps int `spec:"steps" default:"0" range:"[0,1e9]"`
	// What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the marginal likelihood (of kT = 1), "gaussian" that of center
	// and scale; "automatic" the prior of a posterior of laws where center and scale are not given.
	Reference string `spec:"reference" default:"\"automatic\"" oneof:"automatic,prior,gaussian"`
	// Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for each. That of angles, spheres and
	// other surfaces is uniform.
	Center array.Field `spec:"center" default:"0.0"`
	// Its standard deviation.
	Scale array.Field `spec:"scale" default:"1.0"`
}

// preferred are kernels of populations.
func preferred() []string { return []string{"HMC", "Metropolis"} }

// Inner is the kernel.
func (m *SMC) Inner() *contract.Kernel                        { return &m.Kernel }
func (m *AnnealedImportanceSampling) Inner() *contract.Kernel { return &m.Kernel }
func (m *PopulationAnnealing) Inner() *contract.Kernel        { return &m.Kernel }

// Preferred are its defaults.
func (m *SMC) Preferred() []string                        { return preferred() }
func (m *AnnealedImportanceSampling) Preferred() []string { return preferred() }
func (m *PopulationAnnealing) Preferred() []string        { return preferred() }

func (m *SMC) open(o contract.Order) (contract.Staged, error) {
	return openAnnealing(schedule{m.Sweeps, m.Steps, m.CESS, m.ESS, m.Pilot, m.Reference, m.Center, m.Scale}, o)
}

func (m *AnnealedImportanceSampling) open(o contract.Order) (contract.Staged, error) {
	return openAnnealing(schedule{m.Sweeps, m.Steps, m.CESS, 0, m.Pilot, m.Reference, m.Center, m.Scale}, o)
}

func (m *PopulationAnnealing) open(o contract.Order) (contract.Staged, error) {
	return openAnnealing(schedule{m.Sweeps, m.Steps, m.CESS, 2, 0, m.Reference, m.Center, m.Scale}, o)
}
