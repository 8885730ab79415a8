/// A replica set of three test members on MongoDB's wire protocol, because not every machine has a `mongod`. It is
/// enough to try what happens to the service when a primary steps down, dies or is cut off.
///
/// What they answer follows the drivers' [specifications](https://github.com/mongodb/specifications), in `source`:
///
/// - `retryable-writes/retryable-writes.md`: a statement is known by `lsid`, `txnNumber` and its place; the labels
///   come from the server,
/// - `server-discovery-and-monitoring/server-discovery-and-monitoring.md` and `server-monitoring.md`: `hello`
///   that waits and streams, `electionId`, `topologyVersion`, state change errors,
/// - `transactions/transactions.md`: one transaction a session, its labels, a commit that is sent again,
/// - `causal-consistency/causal-consistency.md`: `operationTime`, `afterClusterTime`;
///
/// and the [manual](https://www.mongodb.com/docs/manual) on `reference/read-concern-majority`,
/// `reference/write-concern`, `core/replica-set-rollbacks`, `core/replica-set-elections` and
/// `reference/error-codes`.
///
/// | part | what it knows |
/// |---|---|
/// | [ReplicaSet] | who is primary, who sees whom, what goes wrong when |
/// | Member | its port and connections, its log, how far a majority has it |
/// | Commands | what each command does |
/// | Session | what a statement, retried or in a transaction, may do |
/// | Data | documents by `_id`, each with its versions back to what a majority has |
@NullMarked
package dev.martlet.replicas;

import org.jspecify.annotations.NullMarked;
