// Package review is what people look at before images go: a [Picture] says of an image
// where its thumbnail is, what the API tells of it, and why it would go. [Deletions]
// reads the pictures of what a manifest deletes.
//
// Thumbnails are not downloaded: whoever opens the page loads them. Their links are those
// of the API, which end after a while (AdImage, "url_128": temporary).
package review
