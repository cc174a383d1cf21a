package sandbox

import "cmp"

const (
	rateDocs    = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"
	tooMany     = "There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer to " + rateDocs + "."
	reduceWords = "Please reduce the amount of data you're asking for, then retry your request"
	needToken   = "An active access token must be used to query information about the current user."
	expired     = "Error validating access token: Session has expired on Sunday, 01-Nov-26 10:00:00 PST. " +
		"The current time is Sunday, 01-Nov-26 11:00:00 PST."
)

// catalogue has the errors with a message of their own or an uncommon status. Status is
// 400 and type OAuthException unless given; is_transient is set where it was recorded.
// Clients branch on codes, so messages that nobody recorded only resemble Graph's.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
var catalogue = map[Code]failure{
	"4":             {status: 403, message: "(#4) Application request limit reached", transient: true},
	"17":            {message: "(#17) User request limit reached", transient: true},
	"17/2446079":    {message: "(#17) User request limit reached", transient: true, title: "Ad Account Has Too Many API Calls", detail: "There have been too many calls from this ad-account. Please wait a bit and try again."},
	"32":            {message: "(#32) Page request limit reached"},
	"200/4841013":   {message: "Permissions error"},
	"341":           {message: "(#341) Feed action request limit reached"},
	"368":           {message: "(#368) The action attempted has been deemed abusive or is otherwise disallowed"},
	"368/1390008":   {message: "(#368) You are going too fast"},
	"613":           {message: "(#613) Calls to this api have exceeded the rate limit."},
	"613/1996":      {message: "(#613) We've detected an inconsistent volume of requests from your app."},
	"613/1487742":   {message: "(#613) There have been too many calls from this ad-account. Wait a bit and try again."},
	"613/4841018":   {message: "(#613) Calls to this api have exceeded the rate limit."},
	"613/5044001":   {message: "(#613) Too many requests per second from this ad-account."},
	"80004":         {message: "(#80004) " + tooMany},
	"80004/2446079": {message: "(#80004) " + tooMany},

	"1":           {status: 500, message: "An unknown error has occurred."},
	"2":           {status: 500, message: "Service temporarily unavailable"},
	"3":           {message: "(#3) Application does not have the capability to make this API call."},
	"10":          {message: "(#10) Application does not have permission for this action"},
	"100":         {message: "Invalid parameter"},
	"100/33":      {kind: "GraphMethodException", message: "Unsupported request"},
	"100/1487197": {message: "Invalid parameter", title: "Error processing image", detail: "Error processing image"},
	"100/1885316": {message: "Only active accounts can create or edit ads"},
	"190":         {message: "Invalid OAuth access token - Cannot parse access token"},
	"190/459":     {message: "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow the instructions given."},
	"190/460":     {message: "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons."},
	"190/463":     {message: expired},
	"190/467":     {message: "Error validating access token: invalid token."},
	"200":         {message: "(#200) Ad account owner has NOT grant ads_management or ads_read permission"},
	"803":         {message: "(#803) Some of the aliases you requested do not exist"},
	"960":         {status: 500, kind: "FacebookApiException", message: "Request aborted. This could happen if a dependent request failed or the entire request timed out."},
	"2500":        {message: needToken},
	"2635":        {message: "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v26.0."},
	"1404163":     {message: "This account is no longer allowed to advertise"},
	"1885316":     {message: "Only active accounts can create or edit ads"},
}

// batchTooLong is the failure of a batch of more than 50 entries, which has no code.
func batchTooLong(status int) *failure {
	return &failure{status: cmp.Or(status, 200), kind: "GraphBatchException",
		message: "Too many requests in batch message. Maximum batch size is 50"}
}

func batchRefusal(message string) *failure {
	return &failure{status: 400, kind: "GraphBatchException", message: message}
}

func proofFailure(message string) *failure {
	return &failure{status: 400, kind: "GraphMethodException", code: 100, message: message}
}

func reduceFailure() *failure {
	f := fail("1")
	f.message = reduceWords
	return f
}

func inUseFailure() *failure {
	// Nobody recorded this message; the one for creatives is in
	// facebook-php-business-sdk issue 385.
	return &failure{status: 400, kind: "OAuthException", code: 100,
		message: "You cannot delete this image because it is currently in use for existing creatives."}
}
