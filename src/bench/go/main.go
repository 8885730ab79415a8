// The service that a user would write instead of Martlet: net/http and MongoDB's own driver, with the same endpoints.
//
// It was written for the benchmark. Like most such services it has no strict JSON, no ETag, no drain and no breaker.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var documents *mongo.Collection

func main() {
	client, err := mongo.Connect(options.Client().ApplyURI(os.Getenv("MONGODB_URI")))
	if err != nil {
		log.Fatal(err)
	}
	documents = client.Database("martlet").Collection("data")
	http.HandleFunc("GET /{$}", welcome)
	http.HandleFunc("GET /health/ready", func(w http.ResponseWriter, r *http.Request) {
		if err := client.Ping(r.Context(), nil); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("POST /data", insert)
	http.HandleFunc("GET /data", list)
	http.HandleFunc("GET /data/{id}", find)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

func welcome(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "Welcome! The current time is: %s", time.Now().Format(time.RFC3339))
}

func insert(w http.ResponseWriter, r *http.Request) {
	var document bson.M
	if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result, err := documents.InsertOne(r.Context(), document)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]any{"status": "Data inserted", "id": result.InsertedID})
}

func find(w http.ResponseWriter, r *http.Request) {
	id, err := bson.ObjectIDFromHex(r.PathValue("id"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	var document bson.M
	err = documents.FindOne(r.Context(), bson.M{"_id": id}).Decode(&document)
	if errors.Is(err, mongo.ErrNoDocuments) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(document)
}

func list(w http.ResponseWriter, r *http.Request) {
	cursor, err := documents.Find(r.Context(), bson.M{}, options.Find().SetSort(bson.M{"_id": 1}))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer cursor.Close(r.Context())
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	separator := "["
	for cursor.Next(r.Context()) {
		var document bson.M
		if err := cursor.Decode(&document); err != nil {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, separator)
		encoder.Encode(document)
		separator = ","
	}
	if cursor.Err() != nil {
		panic(http.ErrAbortHandler)
	}
	if separator == "[" {
		fmt.Fprint(w, separator)
	}
	fmt.Fprint(w, "]")
}
