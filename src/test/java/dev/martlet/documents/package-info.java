/// The documents: what they link to exists, and what they show is so.
@NullMarked
package dev.martlet.documents;

import org.jspecify.annotations.NullMarked;
