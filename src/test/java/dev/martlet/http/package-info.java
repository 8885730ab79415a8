/// The contract, statement by statement, over real HTTP.
@NullMarked
package dev.martlet.http;

import org.jspecify.annotations.NullMarked;
