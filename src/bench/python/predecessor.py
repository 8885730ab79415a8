"""The service that Martlet replaces, as such a service is usually written: Flask, pymongo, gunicorn.

It was written for the benchmark. It has the same endpoints and gives the same answers.
"""

import os
from datetime import datetime, timezone

from flask import Flask, jsonify, request
from pymongo import MongoClient

app = Flask(__name__)
collection = MongoClient(os.environ["MONGODB_URI"])["martlet"]["data"]


@app.get("/")
def index():
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return f"Welcome to the Flask app! The current time is: {now}"


@app.post("/data")
def insert():
    document = request.get_json()
    result = collection.insert_one(document)
    return jsonify({"status": "Data inserted", "id": str(result.inserted_id)}), 201


@app.get("/data")
def listing():
    documents = list(collection.find().sort("_id", 1))
    for document in documents:
        document["_id"] = str(document["_id"])
    return jsonify(documents)
