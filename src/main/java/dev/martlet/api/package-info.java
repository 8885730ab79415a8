/// What documents mean over HTTP. [Api] has the routes on one screen. A handler is a method of the class that owns
/// the resource.
///
/// How a request goes through these rooms:
///
/// - **POST**: `Insertion` reads the body into documents and gives them ids of an `IdSequence`. `Idempotency` knows
///   whether an earlier copy of the request was here, and gives the documents the ids of that copy. The store
///   inserts them. `Inserted` tells the client the outcome.
/// - **A listing**: `ListingParameters` turns the parameters into a query for the store. `QueryFilter` lets only
///   harmless filters through. `Listing` writes the store's scan as JSON into the socket. A page goes into a buffer
///   first, until it is full or one more document has come: then the `Link` with its `PageToken` is right.
/// - **An upload**: `Lines` splits the bytes as they come. `LineUpload` stores the lines in batches and notes each
///   refusal. `Inserted` tells the client the counts.
/// - **One document**: `OneDocument` asks `Conditions` whether the request may go on, and the store for the change.
/// - **The changes**: `FeedSource` asks the store for them. `Feed` has one reader for all watchers, and the last
///   changes in a `ChangeRing`, each as the event (`Told`) that is sent. A `Watcher` catches up if necessary, and
///   then takes changes from the ring (`Caught`). `Watching` writes them into the socket.
///
/// `Failures` knows which failure is which problem. `Memory` knows how much of the heap all of this takes.
@NullMarked
package dev.martlet.api;

import org.jspecify.annotations.NullMarked;
