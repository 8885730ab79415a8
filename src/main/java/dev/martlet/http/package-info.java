/// What any HTTP service needs. It knows no document, no store and no JSON grammar.
///
/// ```
/// Connections > Connection > Listener > Route > the application's handler
///              IncomingBody    Exchange, BearerToken     takes a Body, Admission, MemoryBudget
///               Wait, Pace       Sending < Compression < Reply, or a Problem
/// ```
///
/// How a request goes through these rooms:
///
/// - **POST**: a [Connection] limits the time of the head. [Exchange] gives the request its id. [Listener] finds the
///   [Route] and checks the [BearerToken]. [IncomingBody] limits the time of the body and checks its [Chunks]. [Body]
///   receives the bytes within their limit and counts them in the [MemoryBudget], whose [MemoryLane] makes the large
///   requests wait for each other. `Sending` sends the [Reply], and then gives back what the reply holds.
/// - **A listing**: [Accept] chooses the media type. [Admission] gives a place among the streams for as long as the
///   client reads. `Sending` writes what the source of the [Reply] makes, compressed if [Accept] says so. It cuts
///   the connection if the source fails.
/// - **An upload**: its [Route] tells the [Connection] that the body is a stream. Then [IncomingBody] only limits the
///   pause between two pieces. [Admission] gives a place among the streams. [Body] hands out the bytes as they
///   come.
/// - **A slow client**: [Pace] notes how fast it sends and takes. It is given up only when others wait for what it
///   holds, in a [MemoryLane] or in [Admission].
/// - **A failure** becomes a [Problem], wherever it happens. The application chooses the problem, and `Sending`
///   sends it.
@NullMarked
package dev.martlet.http;

import org.jspecify.annotations.NullMarked;
