// Package simulation plays random jobs against the sandbox in virtual time, by one process after the
// other or by several workers, with every fault, crash, signal and foreign hand that it knows, and
// holds what comes out against the guarantees. There is nothing in it but tests:
//
//	go test ./jobs/simulation -sim.seeds 10000
//	go test ./jobs/simulation -run 'TestSimulation$' -sim.seed 43
//	go test ./jobs/simulation -run TestWorkers -sim.fleet 1000
package simulation
