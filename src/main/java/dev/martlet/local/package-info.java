/// The embedded database, for development and demonstration: [dev.martlet.local.EmbeddedDatabase].
///
/// ## Why a wire protocol inside one process?
///
/// So that the service has one store, written for MongoDB's driver and tested with it. There is no second
/// implementation that could behave differently.
///
/// ## How does a command go through?
///
/// [dev.martlet.local.WireServer] takes it off a connection; [dev.martlet.local.Engine] knows who carries it out:
/// [dev.martlet.local.ReadCommands], [dev.martlet.local.WriteCommands] and their like. What may take long runs in
/// [dev.martlet.local.Queries], with a deadline and in turn. A [dev.martlet.local.Matcher] says what a filter finds, a
/// [dev.martlet.local.KeyRange] where to look for it. [dev.martlet.local.Storage] keeps the documents, as bytes from
/// the socket to the disk and back.
///
/// ## Why an engine of our own?
///
/// mongo-java-server's matcher, which stood here, answered 336 of 2 463 random filters otherwise than MongoDB, made
/// an object of each value, and knew neither deadlines nor expiry. Of the rest of it little was in use. The service
/// sends few commands and lets few operators through: these are here, with MongoDB's rules, and nothing else.
///
/// ## What does "on disk" mean?
///
/// Written *and* forced (`fsync`), before the answer. Writing alone would survive `kill -9`, because the system's
/// page cache does; forcing survives a power failure too, as far as the disk keeps its word.
///
/// ## What is a change stream here?
///
/// A reader of the collection's [dev.martlet.local.ChangeLog], which is written in the same commit as what it tells.
/// So a change that was told is on the disk, and one that is on the disk is told, also after `kill -9`. The last
/// 100 000 changes of a collection are kept, or fewer when the documents that were replaced since take more than 64
/// MiB; who comes with an older token is told so.
///
/// ## What if the disk fails?
///
/// A disk that takes no more ends writing, not reading, until it does again ([dev.martlet.local.DiskState]). What was
/// damaged on it is told by checksums: of each document ([dev.martlet.local.Seal]), of the keys of each page
/// ([dev.martlet.local.KeyType]), by the count of each collection ([dev.martlet.local.Catalog]) and the note of the
/// last acknowledged commit ([dev.martlet.local.StoreFile]).
///
/// ## What is it not?
///
/// It has no sessions, transactions, retryable writes, users. Of indexes only that on `_id` is fast, and those with
/// `expireAfterSeconds` have their effect. A regular expression is RE2's. An ordered insert of many is one commit or
/// nothing, which MongoDB's is not.
@NullMarked
package dev.martlet.local;

import org.jspecify.annotations.NullMarked;
