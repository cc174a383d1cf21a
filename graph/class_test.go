package graph

import (
	"fmt"
	"testing"
)

// Codes and subcodes of Meta's error references and of what has been seen live.
func TestClassify(t *testing.T) {
	const oauth, method = "OAuthException", "GraphMethodException"
	for _, test := range []struct {
		code, subcode int
		http          int
		kind          string
		transient     bool
		class         Class
		lost          bool
	}{
		// Throttles of the ad account.
		{80004, 2446079, 400, oauth, false, ThrottledAccount, false},
		{80004, 0, 400, "", false, ThrottledAccount, false},
		{80004, 0, 403, oauth, true, ThrottledAccount, false},
		{80000, 2446079, 400, oauth, false, ThrottledAccount, false},
		{80003, 2446079, 400, oauth, false, ThrottledAccount, false},
		{80007, 0, 400, oauth, false, ThrottledAccount, false}, // not documented, in the band
		{80014, 0, 400, oauth, false, ThrottledAccount, false},
		{17, 2446079, 400, oauth, true, ThrottledAccount, false},
		{613, 1487742, 400, oauth, false, ThrottledAccount, false},
		{613, 4841018, 400, oauth, false, ThrottledAccount, false},
		{613, 5044001, 400, oauth, false, ThrottledAccount, false},
		{100, 2446079, 400, oauth, false, ThrottledAccount, false},

		// Throttles of the app and the user.
		{4, 0, 403, oauth, true, ThrottledApp, false},
		{4, 1504022, 400, oauth, false, ThrottledApp, false},
		{4, 1504039, 400, oauth, false, ThrottledApp, false},
		{17, 0, 400, oauth, true, ThrottledApp, false},
		{32, 0, 400, oauth, false, ThrottledApp, false},
		{341, 0, 400, oauth, false, ThrottledApp, false},
		{613, 0, 400, oauth, false, ThrottledApp, false},
		{613, 1996, 400, oauth, false, ThrottledApp, false},

		// Limits of something else: no throttles, and nothing is wrong with the image.
		{17, 1885172, 400, oauth, true, Transient, true},
		{613, 1487632, 400, oauth, false, Transient, true},
		{613, 1487225, 400, oauth, false, Transient, true},

		// Perhaps a throttle, perhaps a disabled account.
		{200, 4841013, 400, oauth, false, MaybeThrottled, false},
		{200, 4841013, 400, oauth, true, MaybeThrottled, false},
		{368, 0, 400, oauth, false, MaybeThrottled, false},
		{368, 1390008, 400, oauth, false, MaybeThrottled, false},
		{100, 2859015, 400, oauth, false, MaybeThrottled, false},
		{1404078, 0, 400, oauth, false, MaybeThrottled, false},

		// Long subcodes are unique, whatever code they come under.
		{200, 1404078, 400, oauth, false, MaybeThrottled, false},
		{200, 1357045, 400, oauth, false, Transient, true},
		{10, 1815694, 400, oauth, false, RefusedAccount, false},
		{10, 33, 400, oauth, false, RefusedAccount, false}, // 33 is not one of them

		// Try again.
		{1, 0, 500, oauth, false, Transient, true},
		{1, 99, 500, oauth, false, Transient, true},
		{1, 0, 200, oauth, false, Transient, true},
		{2, 0, 500, oauth, true, Transient, true},
		{104, 0, 400, oauth, false, Transient, true},
		{960, 0, 400, "FacebookApiException", false, Transient, true},
		{960, 0, 500, "FacebookApiException", false, Transient, true},
		{100, 1357045, 400, oauth, false, Transient, true},
		{100, 1357051, 400, oauth, false, Transient, true},
		{-3, 0, 400, oauth, false, Transient, true},
		{-1, 1357045, 500, oauth, false, Transient, true},
		{100, 0, 400, oauth, true, Transient, true},
		{200, 0, 400, oauth, true, Transient, true},
		{2650, 0, 400, oauth, true, Transient, true},
		{2650, 0, 503, oauth, false, Transient, true},
		{0, 0, 500, oauth, false, Transient, true},
		{0, 0, 400, oauth, false, Transient, true},

		// The token and the app.
		{101, 0, 400, oauth, false, RefusedRun, false},
		{102, 0, 400, oauth, false, RefusedRun, false},
		{190, 0, 401, oauth, false, RefusedRun, false},
		{190, 0, 500, oauth, true, RefusedRun, false}, // never tried again
		{190, 452, 400, oauth, false, RefusedRun, false},
		{190, 458, 400, oauth, false, RefusedRun, false},
		{190, 459, 400, oauth, false, RefusedRun, false},
		{190, 460, 400, oauth, false, RefusedRun, false},
		{190, 463, 400, oauth, false, RefusedRun, false},
		{190, 464, 400, oauth, false, RefusedRun, false},
		{190, 467, 400, oauth, false, RefusedRun, false},
		{190, 492, 400, oauth, false, RefusedRun, false},
		{294, 0, 400, oauth, false, RefusedRun, false},
		{2635, 0, 400, oauth, false, RefusedRun, false},

		// The ad account, unless everything is refused like that.
		{3, 0, 400, oauth, false, RefusedAccount, false},
		{10, 0, 403, oauth, false, RefusedAccount, false},
		{2500, 0, 400, oauth, false, RefusedAccount, false},
		{200, 0, 400, oauth, false, RefusedAccount, false},
		{200, 0, 500, oauth, false, RefusedAccount, false},
		{272, 0, 403, oauth, false, RefusedAccount, false},
		{299, 0, 400, oauth, false, RefusedAccount, false},
		{100, 33, 400, method, false, RefusedAccount, false},
		{100, 1404163, 400, oauth, false, RefusedAccount, false},
		{1404163, 0, 400, oauth, false, RefusedAccount, false},
		{100, 1885316, 400, oauth, false, RefusedAccount, false},
		{1885316, 0, 400, oauth, false, RefusedAccount, false},
		{200, 1815694, 400, oauth, false, RefusedAccount, false},
		{100, 3910001, 400, oauth, false, RefusedAccount, false},

		// The call.
		{100, 0, 400, oauth, false, RefusedItem, false},
		{100, 0, 500, oauth, false, RefusedItem, false}, // seen for a parameter that is gone for good
		{100, 1487197, 400, oauth, false, RefusedItem, false},
		{100, 2490361, 400, oauth, false, RefusedItem, false},
		{100, 3858258, 400, oauth, false, RefusedItem, false},
		{100, 1487390, 400, oauth, false, RefusedItem, false}, // its meaning is unknown
		{506, 0, 400, oauth, false, RefusedItem, false},
		{803, 0, 400, oauth, false, RefusedItem, false},
		{199, 0, 400, oauth, false, RefusedItem, false},
		{300, 0, 400, oauth, false, RefusedItem, false},
		{79999, 0, 400, oauth, false, RefusedItem, false},
		{80015, 0, 400, oauth, false, RefusedItem, false},
		{0, 0, 200, "GraphBatchException", false, RefusedItem, false}, // too many entries
		{0, 0, 400, "GraphBatchException", false, RefusedItem, false},
	} {
		t.Run(fmt.Sprintf("%d/%d HTTP %d %v", test.code, test.subcode, test.http, test.transient), func(t *testing.T) {
			body := fmt.Sprintf(`{"error":{"message":"m","type":%q,"code":%d,"error_subcode":%d,"is_transient":%v}}`,
				test.kind, test.code, test.subcode, test.transient)
			got := parseError(test.http, []byte(body))
			if got.Class != test.class || got.Lost != test.lost {
				t.Errorf("got %v, lost %v, want %v, lost %v", got.Class, got.Lost, test.class, test.lost)
			}
			if got.Code != test.code || got.Subcode != test.subcode || got.HTTP != test.http || got.Type != test.kind || got.Transient != test.transient {
				t.Errorf("got %+v, want what the API said", got)
			}
		})
	}
}

// A missing proof comes under the code of any bad parameter; no other text
// decides.
func TestClassifyProof(t *testing.T) {
	for _, test := range []struct {
		message string
		sub     int
		want    Class
	}{
		{"API calls from the server require an appsecret_proof argument", 0, RefusedRun},
		{"Invalid appsecret_proof provided in the API argument", 0, RefusedRun},
		{"appsecret_proof", 1487197, RefusedItem},
		{"(#4) Application request limit reached", 0, RefusedItem},
		{"Error validating access token: Session has expired", 0, RefusedItem},
	} {
		body := fmt.Sprintf(`{"error":{"message":%q,"type":"GraphMethodException","code":100,"error_subcode":%d}}`, test.message, test.sub)
		if got := parseError(400, []byte(body)); got.Class != test.want {
			t.Errorf("%s: got %v, want %v", test.message, got.Class, test.want)
		}
	}
}

var classes = []Class{ThrottledAccount, ThrottledApp, MaybeThrottled, Transient, Unreachable, Foreign, RefusedRun, RefusedAccount, RefusedItem}

func TestClassPredicates(t *testing.T) {
	for _, c := range append(classes, ClassUnknown) {
		throttled := c == ThrottledAccount || c == ThrottledApp || c == MaybeThrottled
		if c.Throttled() != throttled {
			t.Errorf("%v: got throttled %v", c, c.Throttled())
		}
		if want := c == RefusedAccount || c == RefusedItem; c.Refused() != want {
			t.Errorf("%v: got refused %v", c, c.Refused())
		}
	}
}
