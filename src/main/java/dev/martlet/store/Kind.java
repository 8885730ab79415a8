package dev.martlet.store;

import org.bson.BsonDocument;
import org.bson.BsonInt32;

/// What the database is, by its answer to a greeting: only a replica set's members and routers have sessions that
/// matter here.
///
/// @param sessions         whether reads can be made to see what was written before
/// @param transactions     whether several writes can be one
/// @param deduplicates     whether a write that is sent again under its number is carried out once
/// @param mostDocuments    in one command
record Kind(boolean sessions, boolean transactions, boolean deduplicates, int mostDocuments) {

    /// The old name of `hello`, by which every driver greets: each server and each engine knows it.
    static final BsonDocument QUESTION = new BsonDocument("isMaster", new BsonInt32(1));
    private static final int MONGODBS_MOST = 100_000;

    /// @param routers     how many of them there are, if they are routers: a transaction must stay at one, which only
    ///                    the driver's own transactions do, and those retry without end
    /// @param retryWrites whether the URI allows it; it says no for an engine that numbers writes and does not look
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
