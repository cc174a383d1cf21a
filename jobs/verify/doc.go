// Package verify compares the ad accounts with what a job left behind. It only reads.
package verify
