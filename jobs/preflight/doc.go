// Package preflight says what a plan will cost before it is run: calls, quota points, and
// the time it takes under the quotas of either access tier.
package preflight
