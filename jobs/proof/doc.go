// Package proof shows workers on several machines whether they see the folders that a job
// needs: those of the files that it uploads, of its backup, and of pictures on their way.
//
// The submission leaves a proof in each, a file .adferry-job-<random text>, and the job remembers the
// text. A worker that finds the file under the same path sees the folder which was meant. Without,
// there is another folder at that path, or none: images would be backed up where nobody looks for
// them, and a placeholder that another worker received would not be recognised (package content).
//
// A copy of a folder has the proof, too. Nothing shows that two machines have copies of a folder,
// or that locks of its file system do not hold between them.
package proof
