/// What any HTTP service needs. Knows no document, no store and no JSON grammar.
///
/// ```
/// Connections > Connection > Listener > Route > the application's handler
///                   Wait       Exchange, BearerToken     takes a Body, Admission, MemoryBudget
///                                 Sending < Compression < Reply, or a Problem
/// ```
///
/// How a request goes through these rooms:
///
/// - **POST**: a [Connection] gives its head and then its body their time, [Exchange] gives the request its id,
///   [Listener] finds the [Route] and checks the [BearerToken], [Body] takes the bytes within their limit and counts
///   them in the [MemoryBudget], and `Sending` sends the [Reply] and then gives back what it holds.
/// - **A listing**: [Accept] chooses the media type, [Admission] gives a place among the streams for as long as the
///   client reads, and `Sending` writes what the [Reply]'s source makes, compressed if [Accept] says so, and cuts the
///   connection when the source breaks off.
/// - **An upload**: its [Route] tells the [Connection] that the body is a stream, which then only limits the pause
///   between two pieces, [Admission] gives a place among the streams, and [Body] hands out the bytes as they come.
/// - **A failure**, wherever it happens, becomes a [Problem]: the application tells which, and `Sending` sends it.
@NullMarked
package dev.martlet.http;

import org.jspecify.annotations.NullMarked;
