package moves

// NFoldWay is the dynamics of single sites without its rejections: only changes are events, and time goes on by as much as the attempts between would have
// taken. So a nucleus or a domain wall far below the transition is followed for times that no other method reaches. In law it is, exactly, either of
//
//	continuous   every site is visited at the events of a Poisson process of rate 1: the waiting time of the next change is exponential
//	             with the sum W of all rates, and which change it is has the probability rate/W. rates="heatbath" is erg.HeatBath() under
//	             erg.simulate, Glauber's dynamics;
//	attempts     N attempts at random sites in a unit of time, at equal distances: the number of attempts up to the next change is
//	             geometric with W/N. These are the sweeps of HeatBath(order="random") and Metropolis(order="random") under erg.sample.
//
// The rate of a change of site i to b is heatbath: P(b) given the others; metropolis: min(1, exp(-dE/kT)) / (q-1). kT >= 0; where nothing can change any more
// time passes and nothing happens. After an event the rates of a site and of those whose energies it enters are found anew, and sites are chosen by a tree
// of sums of rates: an event costs O(log N), whatever the number of different rates (in Hopfield's model, where all meet, O(N)).
//
// It pays where most attempts are rejected; where few are, HeatBath is faster.
//
// # Info
//
//	events   changes so far
//	rate     W, at the end
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((32, 32), h=-0.3)
//	>>> run = erg.simulate(magnet, erg.NFoldWay(), kT=0.6, time=1e4, every=1e3, start="ordered", chains=1, seed=1)
//	>>> bool(run["magnetization"][0, -1] > 0.99), bool(run.info["kernel"]["events"][0] < 1e5)
//	(True, True)
//
// # References
//
// A. B. Bortz, M. H. Kalos, J. L. Lebowitz, J. Comput. Phys. 17, 10 (1975).
type NFoldWay struct {
	// The rates of changes.
	Rates string `spec:"rates" default:"\"heatbath\"" oneof:"heatbath,metropolis"`
	// How time passes.
	Clock string `spec:"clock" default:"\"continuous\"" oneof:"continuous,attempts"`
}

// NFoldWayCite is its reference.
const NFoldWayCite = "A. B. Bortz, M. H. Kalos, J. L. Lebowitz, J. Comput. Phys. 17, 10 (1975), doi:10.1016/0021-9991(75)90060-1"
