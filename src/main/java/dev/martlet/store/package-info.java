/// The document collection: the outcome of each operation, whatever happens to the database.
///
/// An operation has a deadline and at most 20 commands. A write command is repeated under its number until it is
/// answered, and its answer waits for a majority. The answers are:
///
/// ```
///                             reply lost,           no answer  nothing    reply lost, and the database
///                             a copy is answered    in time    was sent   does not deduplicate
///   insert, _id made          stored                away       again      stored
///   insert, _id given         stored, or taken      away       again      an equal document is this one
///   several, together         all, or none          away       again      an equal document is this one
///   several, under a key      as the first copy     away       again      as the first copy
///   put                       created or replaced   away       again      replaced
///   putIf, change, deleteIf   as it ended           away       again      done if it is what it was to be, else again;
///                                                                         away if the precondition fails by now
///   delete                    deleted or missing    away       again      deleted
///   find, scan                what a majority has   away       again      what a majority has
/// ```
///
/// "Away" is an [UnavailableException][dev.martlet.store.UnavailableException]: 503 over HTTP, and nothing is
/// claimed. Replica sets and mongos deduplicate by session and transaction number. A standalone does not. Neither
/// does an engine that accepts the number and ignores it: it needs `retryWrites=false` in the URI, or it answers a
/// copy as if it were another client's write. Within one process the embedded database loses no reply.
@NullMarked
package dev.martlet.store;

import org.jspecify.annotations.NullMarked;
