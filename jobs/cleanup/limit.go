package cleanup

import (
	"fmt"

	"adferry/jobs"
	"adferry/plan"
)

// LimitError is a cleanup that would delete more images than its limit allows.
type LimitError struct {
	Limit   jobs.Limit
	Deletes int          // images that would go: in all, or of Account
	Account plan.Account // the first ad account beyond a percentage; empty where the limit is a number
	Images  int          // that Account holds
	Others  int          // ad accounts beyond the percentage, besides Account
}

func (e *LimitError) Error() string {
	if e.Account == "" {
		return fmt.Sprintf("the cleanup would delete %s, but --max-delete allows %s", images(e.Deletes), e.Limit)
	}
	text := fmt.Sprintf("the cleanup would delete %d of the %s of %s, but --max-delete allows %s of each ad account",
		e.Deletes, images(e.Images), e.Account.Act(), e.Limit)
	switch {
	case e.Others == 1:
		text += "; the limit is exceeded in 1 other ad account, too"
	case e.Others > 1:
		text += fmt.Sprintf("; the limit is exceeded in %d other ad accounts, too", e.Others)
	}
	return text
}

func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}

// CheckLimit refuses, with a *[LimitError], to delete more than the limit: a number of
// images in all, or a percentage of each ad account's.
func CheckLimit(accounts []AccountCount, limit jobs.Limit) error {
	if limit.Percent == 0 {
		deletes := 0
		for _, a := range accounts {
			deletes += a.Deletes()
		}
		if deletes <= limit.Count {
			return nil
		}
		return &LimitError{Limit: limit, Deletes: deletes}
	}
	var exceeded *LimitError
	for _, a := range accounts {
		switch {
		case a.Err != nil || !limit.Exceeded(a.Deletes(), a.Images):
		case exceeded == nil:
			exceeded = &LimitError{Limit: limit, Deletes: a.Deletes(), Account: a.Account, Images: a.Images}
		default:
			exceeded.Others++
		}
	}
	if exceeded == nil {
		return nil
	}
	return exceeded
}
