/// The contract, statement by statement, over real HTTP.
@NullMarked
package dev.martlet.api;

import org.jspecify.annotations.NullMarked;
