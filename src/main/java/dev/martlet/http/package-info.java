/// What any HTTP service needs. It knows no document, no store and no JSON grammar.
///
/// ```
/// Connections > Connection > Listener > Route > the application's handler
///                   Wait       Exchange, BearerToken     takes a Body, Admission, MemoryBudget
///                                 Sending < Compression < Reply, or a Problem
/// ```
///
/// How a request goes through these rooms:
///
/// - **POST**: a [Connection] limits the time of head and body. [Exchange] gives the request its id. [Listener]
///   finds the [Route] and checks the [BearerToken]. [Body] receives the bytes within their limit and counts them
///   in the [MemoryBudget]. `Sending` sends the [Reply], and then gives back what the reply holds.
/// - **A listing**: [Accept] chooses the media type. [Admission] gives a place among the streams for as long as the
///   client reads. `Sending` writes what the source of the [Reply] makes, compressed if [Accept] says so. It cuts
///   the connection if the source fails.
/// - **An upload**: its [Route] tells the [Connection] that the body is a stream. Then only the pause between two
///   pieces has a limit. [Admission] gives a place among the streams. [Body] hands out the bytes as they come.
/// - **A failure** becomes a [Problem], wherever it happens. The application chooses the problem, and `Sending`
///   sends it.
@NullMarked
package dev.martlet.http;

import org.jspecify.annotations.NullMarked;
