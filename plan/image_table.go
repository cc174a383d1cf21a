package plan

// An image is a hash in an account.
type image struct {
	hash    rawHash
	account uint32
}

// An imageNode is an image with the operations that mention it.
type imageNode struct {
	image
	out, in uint32 // heads of the lists of copies out of it, and of copies and uploads into it
	del     uint32 // its deletion
	sibling uint32 // another image with this hash
}

// An imageTable numbers images and finds them. The images with one hash form a list
// (sibling), because most manifests name a hash in two or three accounts: a map of all images
// would take twice the memory. If a hash is in many accounts, the list ends after maxSiblings
// and more has the others.
type imageTable struct {
	table[imageNode]
	first map[rawHash]uint32
	more  map[image]uint32
}

// maxSiblings is short enough to be walked for each row.
const maxSiblings = 8

// findOrAdd returns the number of an image, which it adds if it is new.
func (is *imageTable) findOrAdd(account uint32, hash rawHash) uint32 {
	i := image{hash, account}
	id := is.first[hash]
	if id == 0 {
		id = is.add(imageNode{image: i})
		is.first[hash] = id
		return id
	}
	for n := 1; ; n++ {
		img := is.at(id)
		if img.account == account {
			return id
		}
		if n == maxSiblings {
			break
		}
		if img.sibling == 0 {
			img.sibling = is.add(imageNode{image: i})
			return img.sibling
		}
		id = img.sibling
	}
	if id = is.more[i]; id == 0 {
		id = is.add(imageNode{image: i})
		is.more[i] = id
	}
	return id
}
