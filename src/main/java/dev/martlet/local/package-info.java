/// The embedded database, for development and demonstration: [dev.martlet.local.EmbeddedDatabase].
///
/// ## Why a wire protocol inside one process?
///
/// Because of it the service has one store, which is written for MongoDB's driver and tested with it. No second
/// implementation can behave differently.
///
/// ## How does a command go through?
///
/// [dev.martlet.local.WireServer] takes it off a connection; [dev.martlet.local.Engine] knows who carries it out:
/// [dev.martlet.local.ReadCommands], [dev.martlet.local.WriteCommands] and their like. What may take long runs in
/// [dev.martlet.local.Queries], with a deadline and in turn. A [dev.martlet.local.Matcher] says what a filter
/// finds, a [dev.martlet.local.KeyRange] where to look for it. [dev.martlet.local.Storage] keeps the documents, as
/// bytes from the socket to the disk and back.
///
/// ## Why an engine of our own?
///
/// mongo-java-server was here before. Its matcher answered 336 of 2 463 random filters differently from MongoDB,
/// made an object of each value, and knew neither deadlines nor expiry. Little of its other code was in use. The
/// service sends few commands and allows few operators. These are here, with MongoDB's rules, and nothing else.
///
/// ## What does "on disk" mean?
///
/// Written *and* forced (`fsync`) before the answer. Writing alone survives `kill -9`, because the system's page
/// cache does. Forcing survives a power failure too, if the disk keeps its word.
///
/// ## What is a change stream here?
///
/// It reads the collection's [dev.martlet.local.ChangeLog]. A change is written to the log in its own commit. So a
/// change that a watcher sees is on the disk, and a change on the disk reaches watchers, even after `kill -9`. The
/// log keeps the last 100 000 changes of a collection, or fewer if the replaced documents take more than 64 MiB. A
/// watcher with an older token gets an error.
///
/// ## What if the disk fails?
///
/// A disk that takes no more ends writing, but not reading, until it works again ([dev.martlet.local.DiskState]).
/// Checksums show damage on it: of each document ([dev.martlet.local.Seal]), of the keys of each page
/// ([dev.martlet.local.KeyType]), by the count of each collection ([dev.martlet.local.Catalog]) and the note of the
/// last acknowledged commit ([dev.martlet.local.StoreFile]).
///
/// ## What is it not?
///
/// It has no sessions, transactions, retryable writes, users. Of indexes only that on `_id` is fast, and those with
/// `expireAfterSeconds` have their effect. A regular expression is RE2's. An ordered insert of many is one commit
/// or nothing, which MongoDB's is not.
@NullMarked
package dev.martlet.local;

import org.jspecify.annotations.NullMarked;
