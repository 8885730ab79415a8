@NullMarked
package dev.martlet.http;

import org.jspecify.annotations.NullMarked;
