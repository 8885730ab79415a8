/// The embedded database, for development and demonstration: [dev.martlet.local.EmbeddedDatabase].
///
/// ## Why a wire protocol inside one process?
///
/// So that the service has one store, written for MongoDB's driver and tested with it. There is no second
/// implementation that could behave differently.
///
/// ## What is the library's, and what is ours?
///
/// mongo-java-server's query engine carries out filters, updates, projections and aggregations. Its network and its H2
/// collection are replaced, because with them
///
/// - up to a second and a half of acknowledged writes died with the process: it answers before it commits, and to
///   commit on its few event loops would stall every other client;
/// - a query collected and sorted all that it had found: here it streams;
/// - a document was changed in place while another thread was sending it, which closed that connection; a replacement
///   kept the old order of the fields, and failed on a key with a dot;
/// - `{$eq: ["$$ROOT", {$literal: …}]}`, the compare-and-swap, took `[1, 2]` and `[1, 3]` for equal, and decimals that
///   differ from the 17th digit on;
/// - the file grew by hundreds of megabytes a second under load.
///
/// ## What does "on disk" mean?
///
/// Written *and* forced (`fsync`), before the answer. Writing alone would survive `kill -9`, because the system's page
/// cache does; forcing survives a power failure too, as far as the disk keeps its word.
///
/// ## What is it not?
///
/// It has no sessions, transactions, retryable writes, change streams, users. Of indexes only `_id` is fast; unique
/// ones are enforced. Filters other than on `_id` compare decimals as doubles. Sorting by another field keeps the
/// sorted fields of all matches in memory, unless there is a limit.
@NullMarked
package dev.martlet.local;

import org.jspecify.annotations.NullMarked;
