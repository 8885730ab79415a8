package dev.martlet.store;

import com.mongodb.client.MongoClient;

/// The way to a database. The client must have `retryReads=false&retryWrites=false`: by itself it repeats without
/// limit and without pause.
///
/// @param client      the driver's client
/// @param database    its name
/// @param connections how many the client opens at most
/// @param retryWrites whether writes may have transaction numbers, by which a replica set and mongos recognise a
///                    copy of a write
public record Access(MongoClient client, String database, int connections, boolean retryWrites) {}
