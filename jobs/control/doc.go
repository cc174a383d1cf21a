// Package control carries what people set with pause, unpause and tune from their process
// to the one that runs the job. Both meet in the job file: one process writes, the other
// one reads it twice a second.
//
// Of two settings of the same thing the later one holds: what was tuned holds over the
// options of the process that runs the job, unless that process started later and was
// given the option.
package control
