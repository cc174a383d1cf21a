package graph

import "cmp"

// Class says what kind of failure an error is. It alone decides how the program goes on.
type Class string

// The classes, from Graph API codes and subcodes.
const (
	ClassUnknown     Class = ""
	ThrottledAccount Class = "throttled_account" // this ad account has to wait
	ThrottledApp     Class = "throttled_app"     // every ad account of the token has to wait
	MaybeThrottled   Class = "maybe_throttled"   // a block that may end: wait long, then give up the account
	Transient        Class = "transient"         // try again after a backoff; see Error.Lost
	Unreachable      Class = "unreachable"       // no connection: nothing was sent
	Foreign          Class = "foreign"           // the answer is not the API's but, for example, a proxy's; see Error.Lost
	RefusedRun       Class = "refused_run"       // the token or the app is refused: stop
	RefusedAccount   Class = "refused_account"   // this ad account is refused
	RefusedItem      Class = "refused_item"      // this call is refused
)

func (c Class) String() string { return cmp.Or(string(c), "unknown") }

// Refused reports whether the API refused the call because of its ad account or of the
// call itself. A restricted app or token gets such answers to all its calls; [WhoAmI]
// shows whether it does.
func (c Class) Refused() bool { return c == RefusedAccount || c == RefusedItem }

// Throttled reports whether the call may succeed after a wait.
func (c Class) Throttled() bool {
	return c == ThrottledAccount || c == ThrottledApp || c == MaybeThrottled
}

type codePair struct{ code, subcode int }

// classByPair has the pairs in which the subcode changes the meaning of the code.
var classByPair = map[codePair]Class{
	{17, 2446079}:  ThrottledAccount, // score of the ad account
	{17, 1885172}:  Transient,        // spending limit changed too often: not about images
	{613, 1487742}: ThrottledAccount, // calls of the ad account
	{613, 4841018}: ThrottledAccount, // seen live, August 2026
	{613, 5044001}: ThrottledAccount, // requests a second, of app and ad account
	{613, 1487632}: Transient,        // ad set budget, four an hour: not about images
	{613, 1487225}: Transient,        // ad creation by daily spend: not about images
	{200, 4841013}: MaybeThrottled,   // seen as a throttle and from a disabled account
	{100, 33}:      RefusedAccount,   // no such account, or no permission
	{100, 1404163}: RefusedAccount,   // no longer allowed to advertise
	{100, 1885316}: RefusedAccount,   // only active accounts may edit
	{100, 1815694}: RefusedAccount,   // user lacks permission
	{100, 3910001}: RefusedAccount,   // a problem of the ad account
	{100, 1404078}: MaybeThrottled,   // temporarily blocked
	{100, 2859015}: MaybeThrottled,   // temporarily blocked
	{100, 1357045}: Transient,        // Meta's own web client retries these two
	{100, 1357051}: Transient,
	{100, 2446079}: ThrottledAccount, // the subcode of every account throttle
	{368, 1390008}: MaybeThrottled,   // going too fast
	{1404163, 0}:   RefusedAccount,
	{1885316, 0}:   RefusedAccount,
	{1815694, 0}:   RefusedAccount,
	{3910001, 0}:   RefusedAccount,
	{1404078, 0}:   MaybeThrottled,
	{2859015, 0}:   MaybeThrottled,
}

// classByCode has the codes that mean the same with every other subcode.
var classByCode = map[int]Class{
	1:    Transient, // unknown error
	2:    Transient, // service temporarily unavailable
	104:  Transient, // seen as a reset connection
	960:  Transient, // batch entry aborted or timed out
	4:    ThrottledApp,
	17:   ThrottledApp, // the user's limit, unless a subcode says the account's
	32:   ThrottledApp,
	341:  ThrottledApp,
	613:  ThrottledApp, // custom limit, inconsistent volume, abuse prevention
	368:  MaybeThrottled,
	101:  RefusedRun, // the app was deleted
	102:  RefusedRun,
	190:  RefusedRun, // token
	294:  RefusedRun, // the app or the token may not manage ads
	2635: RefusedRun, // deprecated version
	// These three are also seen for a single ad account, image or path; see Refused.
	3:    RefusedAccount, // a capability is missing
	10:   RefusedAccount, // a permission is not granted, or was removed
	2500: RefusedAccount, // no active token, or no such path
}

// classify follows the tables of Meta's error references (Graph API, "Handle
// errors"; Marketing API, "Error reference", "Rate limiting"). Other codes are about the
// call, unless the API calls them transient or answered with a server error.
func classify(e *Error) Class {
	if c, ok := classByPair[codePair{e.Code, e.Subcode}]; ok {
		return c
	}
	if c, ok := classByPair[codePair{100, e.Subcode}]; ok && e.Code != 100 && e.Subcode > 1_000_000 {
		return c // these long subcodes are unique and come under several codes
	}
	if c, ok := classByCode[e.Code]; ok {
		return c
	}
	switch {
	case e.Code >= 80000 && e.Code <= 80014: // business use cases; 80004 is ads_management
		return ThrottledAccount
	case e.Code == 100 && e.Subcode == 0 && e.secretProof:
		return RefusedRun
	case e.Transient || e.Code <= 0: // negative codes are Meta's internal ones
		return Transient
	case e.Code >= 200 && e.Code <= 299:
		return RefusedAccount
	case e.HTTP >= 500 && e.Code != 100: // code 100 was seen with HTTP 500 for a parameter that no longer exists
		return Transient
	}
	return RefusedItem
}

// ClassOf is the class of an error, ClassUnknown for nil.
func ClassOf(e *Error) Class {
	if e == nil {
		return ClassUnknown
	}
	return e.Class
}
