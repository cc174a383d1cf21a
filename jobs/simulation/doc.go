// Package simulation plays random jobs against the sandbox in virtual time, with every
// fault, crash, signal and foreign hand that it knows, and holds what comes out against
// the guarantees. There is nothing in it but tests:
//
//	go test ./jobs/simulation -sim.seeds 10000
//	go test ./jobs/simulation -run 'TestSimulation$' -sim.seed 43
package simulation
