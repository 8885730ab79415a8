package dev.martlet.store;

import com.mongodb.client.MongoClient;

/// The way to a database. Its client must not repeat anything by itself, which it does without end and without pause:
/// `retryReads=false&retryWrites=false`.
///
/// @param client      of the driver
/// @param database    its name
/// @param connections that the client opens at most
/// @param retryWrites whether writes may bear transaction numbers, by which a replica set and mongos tell a copy
///                    from another write
public record Access(MongoClient client, String database, int connections, boolean retryWrites) {}
