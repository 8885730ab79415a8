package dev.martlet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.Architectures;
import org.junit.jupiter.api.Test;

/// One direction of dependencies: `App → api → {http, json, store}`, `ops → store`.
class ArchitectureTest {

    private static final JavaClasses MARTLET = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.martlet");

    @Test
    void packages_dependInOneDirection() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.martlet..")
                .layer("app")
                .definedBy("dev.martlet")
                .layer("api")
                .definedBy("dev.martlet.api")
                .layer("http")
                .definedBy("dev.martlet.http")
                .layer("json")
                .definedBy("dev.martlet.json")
                .layer("store")
                .definedBy("dev.martlet.store")
                .layer("ops")
                .definedBy("dev.martlet.ops")
                .layer("local")
                .definedBy("dev.martlet.local")
                .whereLayer("app")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("api")
                .mayOnlyBeAccessedByLayers("app")
                .whereLayer("ops")
                .mayOnlyBeAccessedByLayers("app")
                .whereLayer("local")
                .mayOnlyBeAccessedByLayers("app")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("app", "api")
                .whereLayer("json")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("app", "api", "ops")
                .ensureAllClassesAreContainedInArchitecture()
                .check(MARTLET);
    }

    @Test
    void json_knowsNoHttpAndNoDatabase() {
        noClasses()
                .that()
                .resideInAPackage("dev.martlet.json")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.helidon..", "com.mongodb..", "java.net..")
                .check(MARTLET);
    }

    @Test
    void store_knowsNoHttp() {
        noClasses()
                .that()
                .resideInAPackage("dev.martlet.store")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.helidon..", "java.net.http..", "tools.jackson..")
                .check(MARTLET);
    }

    @Test
    void interfaces_haveMoreThanOneImplementation_orAreLambdas() {
        classes()
                .that()
                .areInterfaces()
                .and()
                .areNotAnnotations()
                .and()
                .doNotHaveSimpleName("package-info")
                .should(new ArchCondition<>("be worth an interface") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        long methods = type.getMethods().stream()
                                .filter(method -> method.getModifiers()
                                        .contains(com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT))
                                .count();
                        if (type.getAllSubclasses().size() < 2 && methods != 1) {
                            events.add(SimpleConditionEvent.violated(
                                    type, type.getName() + " has one implementation: use the class itself"));
                        }
                    }
                })
                .check(MARTLET);
    }
}
