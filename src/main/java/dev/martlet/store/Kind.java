package dev.martlet.store;

import org.bson.BsonDocument;
import org.bson.BsonInt32;

/// What the database is, by its answer to a greeting: only a replica set's members and routers have sessions that
/// matter here.
///
/// @param sessions         whether reads can see earlier writes for certain
/// @param transactions     whether it has transactions
/// @param deduplicates     whether it carries out a write once that is sent again under its number
/// @param mostDocuments    how many documents fit into one command
record Kind(boolean sessions, boolean transactions, boolean deduplicates, int mostDocuments) {

    /// The old name of `hello`, by which every driver greets: each server and each engine knows it.
    static final BsonDocument QUESTION = new BsonDocument("isMaster", new BsonInt32(1));
    private static final int MONGODBS_MOST = 100_000;

    /// @param routers     how many servers there are, if they are routers: a transaction must stay at one of them,
    ///                    and only the driver's own transactions do, which retry without limit
    /// @param retryWrites whether the URI allows it; `false` is for an engine that accepts numbers and ignores them
    static Kind of(BsonDocument hello, int routers, boolean retryWrites) {
        boolean router =
                hello.isString("msg") && hello.getString("msg").getValue().equals("isdbgrid");
        boolean sessions = hello.containsKey("logicalSessionTimeoutMinutes") && (router || hello.isString("setName"));
        return new Kind(
                sessions,
                sessions && (!router || routers == 1),
                sessions && retryWrites,
                hello.isNumber("maxWriteBatchSize")
                        ? Math.max(1, hello.getNumber("maxWriteBatchSize").intValue())
                        : MONGODBS_MOST);
    }
}
