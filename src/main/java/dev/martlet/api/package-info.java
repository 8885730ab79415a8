/// What documents mean over HTTP. [Api] has the routes on one screen; a handler is a method of the class that its
/// resource has.
///
/// How a request goes through these rooms:
///
/// - **POST**: `Insertion` has the body read into documents under the ids of an `IdSequence`, `Idempotency` says
///   whether an earlier copy of the request was here and gives the documents the ids that they had then, the store
///   inserts them, and `Inserted` tells the client what became of them.
/// - **A listing**: `ListingParameters` turns the query into one that the store understands, of which `QueryFilter`
///   lets through what is harmless, and `Listing` writes the store's scan as JSON into the socket; or, of a page, into
///   a buffer until it is full or one document more has come, so that the `Link` with its `PageToken` is right.
/// - **An upload**: `Lines` splits the bytes as they come, `LineUpload` stores them in batches and notes each line
///   that is refused, and `Inserted` tells the client the counts.
/// - **One document**: `OneDocument` asks `Conditions` whether the request still holds, and the store for the change.
///
/// `Failures` knows which failure is which problem, and `Memory` what all of it holds of the heap.
@NullMarked
package dev.martlet.api;

import org.jspecify.annotations.NullMarked;
