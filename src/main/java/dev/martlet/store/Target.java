package dev.martlet.store;

import com.mongodb.ReadConcern;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import java.util.Collection;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/// One collection: the ways to read it, and the commands that change it.
record Target(String collection) {

    /// The documents as they are now, perhaps not yet at a majority. For reads that a write follows.
    View newest(MongoDatabase database) {
        return new View(collection(database).withReadConcern(ReadConcern.LOCAL), null);
    }

    /// The documents as a majority has them. None of this is ever rolled back.
    View confirmed(MongoDatabase database, @Nullable ClientSession session) {
        return new View(collection(database).withReadConcern(ReadConcern.MAJORITY), session);
    }

    MongoCollection<RawBsonDocument> collection(MongoDatabase database) {
        return database.getCollection(collection, RawBsonDocument.class);
    }

    BsonDocument insert(List<RawBsonDocument> documents, boolean ordered) {
        return new BsonDocument("insert", new BsonString(collection))
                .append("documents", new BsonArray(documents))
                .append("ordered", BsonBoolean.valueOf(ordered));
    }

    BsonDocument update(BsonDocument filter, BsonDocument update, boolean upsert) {
        var statement = new BsonDocument("q", filter).append("u", update).append("upsert", BsonBoolean.valueOf(upsert));
        return new BsonDocument("update", new BsonString(collection))
                .append("updates", new BsonArray(List.of(statement)));
    }

    BsonDocument delete(BsonDocument filter) {
        var statement = new BsonDocument("q", filter).append("limit", new BsonInt32(1));
        return new BsonDocument("delete", new BsonString(collection))
                .append("deletes", new BsonArray(List.of(statement)));
    }

    static BsonDocument byId(BsonValue id) {
        return new BsonDocument("_id", id);
    }

    static BsonDocument byIds(Collection<BsonValue> ids) {
        return byId(new BsonDocument("$in", new BsonArray(List.copyOf(ids))));
    }
}
