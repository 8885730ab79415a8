package dev.martlet.store;

import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoCollection;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// The documents as one reader sees them.
///
/// @param session makes the reader see earlier writes; only if the database has sessions
record View(
        MongoCollection<RawBsonDocument> documents,
        @Nullable ClientSession session) {

    FindIterable<RawBsonDocument> find(BsonDocument filter) {
        return session == null ? documents.find(filter) : documents.find(session, filter);
    }
}
