package graph

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// CheckFile checks that a file can be uploaded: it can be read, is a whole image by its
// content, and is no larger than any that the API takes. It returns the extension that
// fits the content, such as ".png". Errors do not name the file.
func CheckFile(path string) (ext string, err error) {
	f, err := OpenRegular(path)
	if err != nil {
		return "", WithoutPath(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", WithoutPath(err)
	case info.Size() == 0:
		return "", errors.New("the file is empty")
	case info.Size() > maxPicture:
		return "", fmt.Errorf("the file is larger than %d MiB", maxPicture>>20)
	}
	picture, err := DecodePicture(context.Background(), f, info.Size())
	return picture.Extension, WithoutPath(err)
}

// OpenRegular opens a regular file. A pipe or a device in its place is an error, because
// reading it could wait for ever.
func OpenRegular(path string) (*os.File, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if err := CheckRegular(info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = CheckRegular(info) // it may have been replaced meanwhile
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// CheckRegular returns an error that says what a file is if it is no regular one.
func CheckRegular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return errors.New("it is a folder")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("it is a pipe, not a file")
	}
	return errors.New("it is a device or a socket, not a file")
}

// WithoutPath leaves the path out of a file's error, for a message that names the file
// anyway.
func WithoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
