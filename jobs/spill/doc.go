// Package spill keeps what is listed of ad accounts in a temporary file. Accounts are
// listed side by side, so their pages come in any order; a manifest has the images of
// each account together, and is written only when the listing has ended. Memory holds
// the position of each page.
package spill
