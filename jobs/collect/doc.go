// Package collect selects, of what ad accounts hold, the rows of a manifest. A [Request]
// says which accounts, which images, and what is to be done with them; [List] lists the
// accounts to their end; the [Collection] that it returns yields the rows. If any account
// could not be listed to its end there is no collection: a manifest that lacks some of an
// account's images looks like one that has them all.
//
// # Selection
//
// The API's own filters come first (graph.Query). An image with status DELETED is never
// selected. With Unused, and with the verb delete, what is not known protects the image: one
// whose use the API does not tell, or tells in a form that is not documented, is not unused.
// The verb delete also leaves out images with a status other than ACTIVE, as a cleanup does;
// a copy of one does no harm, and one that the API refuses is a failed row.
//
// # Copies of one image
//
// With the verb copy, an image that several accounts hold is selected once, from the account
// that the request names first. Images are the same if their hashes are. To find them in
// memory that does not grow with the number of images, the rows are gone through in slices
// of a million by hash: a larger collection comes in that order, a smaller one account by
// account. With move and delete each account has its own row, because each is to lose it.
package collect
