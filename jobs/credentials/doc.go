// Package credentials says which ad account is read and written with which access token,
// and sends each call with that of its account.
//
//	CSV -> Parse -> File -> Open -> Set -> Client -> graph.Client of the credential
//
// # The file
//
// A CSV file, UTF-8 (a BOM and CRLF are fine), with a header row; columns in any order, names
// case-insensitive:
//
//	account     an ad account id, with or without act_; * is every account that is not named
//	token       where the access token is
//	app_secret  where the secret of the token's app is; may be missing or empty
//
// A place is the name of an environment variable, or file: and a path, which is relative to
// the folder of the CSV file. Secrets themselves are refused. Rows with the same token are one
// credential, so that their app_secret must be the same. Without a row for * the accounts that
// are not named have the credential that the caller gives as the default one, if there is one.
//
// A file with a secret that all users of the machine may read is refused, unless its mode
// cannot be changed by this user: containers mount secrets so, and then there is a warning.
//
// # Labels
//
// A credential is named by the place of its token as it is written in the file, such as
// NORTH_TOKEN or file:/run/secrets/north. Messages and jobs have the label, never the token.
//
// # Sending
//
// [Client] has a graph.Client for each credential. A request has the calls of one credential:
// a copy goes with its target's. An account without a credential is never sent for. When the
// API refuses a token whose file has changed since it was read, the file is read again, and
// the refused calls, which had no effect, are sent once more.
package credentials
