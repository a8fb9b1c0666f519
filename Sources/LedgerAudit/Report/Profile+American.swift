// SPDX-License-Identifier: Apache-2.0

extension Profile {
  static let modelRiskClauses: [Clause] = [
    Clause(
      "Model inventory",
      Translated(
        "Every model, its state, owner, tier and review date",
        "Jedes Modell, sein Stand, Eigner, seine Stufe und Prüffrist",
        "Chaque modèle, son état, son propriétaire, son niveau et sa date de revue",
        "Cada modelo, su estado, dueño, nivel y fecha de revisión"), [.inProduction, .inventory],
      Translated(
        "Models that were never recorded here; generative AI is outside of the guidance",
        "Modelle, die hier nie erfasst wurden; generative KI liegt außerhalb der Leitlinie",
        "Modèles jamais enregistrés ici ; l’IA générative est hors du texte",
        "Modelos nunca registrados aquí; la IA generativa queda fuera de la guía")),
    Clause(
      "Development and use",
      Translated(
        "How it was made: data, code, parameters, tests",
        "Wie es entstand: Daten, Code, Parameter, Tests",
        "Comment il fut fait : données, code, paramètres, essais",
        "Cómo se hizo: datos, código, parámetros, pruebas"), [.provenance, .imports, .evaluations],
      Translated(
        "Whether theory and assumptions are sound", "Ob Theorie und Annahmen tragen",
        "La solidité de la théorie et des hypothèses", "La solidez de la teoría y los supuestos")),
    Clause(
      "Validation, effective challenge",
      Translated(
        "Review by somebody independent, with reasons",
        "Prüfung durch Unabhängige, mit Begründung",
        "Revue indépendante et motivée", "Revisión independiente y motivada"),
      [.reasons, .evidence, .fourEyes, .rejections],
      Translated(
        "The competence of those who decide", "Die Sachkunde der Entscheidenden",
        "La compétence de ceux qui décident", "La competencia de quienes deciden")),
    Clause(
      "Ongoing monitoring",
      Translated(
        "Performance and drift against thresholds, and what was done",
        "Leistung und Drift gegen Grenzwerte, und was geschah",
        "Performance et dérive face aux seuils, et les suites",
        "Rendimiento y deriva frente a umbrales, y qué se hizo"),
      [.failures, .batchRuns, .monitoring],
      Translated(
        "Use for other purposes than approved", "Verwendung zu anderen Zwecken als freigegeben",
        "L’usage à d’autres fins qu’approuvées", "Usos distintos de los aprobados")),
    Clause(
      "Governance and controls",
      Translated(
        "Roles, policies, approvals, retirement", "Rollen, Richtlinien, Freigaben, Stilllegung",
        "Rôles, politiques, approbations, retrait", "Funciones, políticas, aprobaciones, retirada"),
      [.actors, .approvalBeforeDeployment, .substantialChanges, .retirements, .access],
      Translated(
        "Board reporting; internal audit; vendors’ own models",
        "Berichte an die Leitung; Innenrevision; Modelle von Anbietern",
        "Rapports à la direction ; audit interne ; modèles de tiers",
        "Informes al consejo; auditoría interna; modelos de proveedores")),
  ]

  static let electronicRecordsClauses: [Clause] = [
    Clause(
      "§ 11.10(b)",
      Translated(
        "Accurate and complete copies, human-readable and electronic",
        "Genaue, vollständige Kopien, lesbar und elektronisch",
        "Copies exactes et complètes, lisibles et électroniques",
        "Copias exactas y completas, legibles y electrónicas"), [.scope, .reproducibility, .form],
      Translated(
        "Records kept elsewhere", "Anderswo geführte Aufzeichnungen", "Documents tenus ailleurs",
        "Registros llevados en otro lugar")),
    Clause(
      "§ 11.10(c)",
      Translated(
        "Records protected over their retention period", "Schutz über die Aufbewahrungsfrist",
        "Protection pendant la durée de conservation", "Protección durante la conservación"),
      [.erasures, .integrity],
      Translated(
        "Physical safety of media", "Die Sicherheit der Datenträger", "La sécurité des supports",
        "La seguridad física de los soportes")),
    Clause(
      "§ 11.10(d)",
      Translated(
        "Access limited to authorised persons", "Zugang nur für Befugte",
        "Accès limité aux personnes autorisées", "Acceso limitado a personas autorizadas"),
      [.actors, .access],
      Translated(
        "Accounts of the operating system", "Konten des Betriebssystems",
        "Les comptes du système d’exploitation", "Las cuentas del sistema operativo")),
    Clause(
      "§ 11.10(e)",
      Translated(
        "Secure, time-stamped audit trail; earlier entries not obscured",
        "Gesicherter Prüfpfad mit Zeitstempeln; frühere Einträge bleiben sichtbar",
        "Piste d’audit sûre et horodatée ; rien d’antérieur n’est masqué",
        "Pista de auditoría segura y fechada; lo anterior no se oculta"),
      [.actors, .times, .changes, .integrity],
      Translated(
        "More about time than the machine’s clock said",
        "Mehr über die Zeit als die Uhr der Maschine",
        "Plus, quant à l’heure, que l’horloge de la machine",
        "Más, sobre la hora, que el reloj de la máquina")),
    Clause(
      "§ 11.50",
      Translated(
        "Signatures show name, date and time, and meaning",
        "Unterschriften zeigen Name, Datum, Zeit und Bedeutung",
        "Les signatures montrent nom, date, heure et sens",
        "Las firmas muestran nombre, fecha, hora y significado"), [.signatures],
      Translated(
        "Decisions without a signature", "Entscheidungen ohne Unterschrift",
        "Décisions sans signature", "Decisiones sin firma")),
    Clause(
      "§ 11.70",
      Translated(
        "Signatures linked to their records", "Unterschriften an ihre Aufzeichnung gebunden",
        "Signatures liées à leurs documents", "Firmas vinculadas a sus registros"),
      [.evidence, .signatures],
      Translated(
        "Handwritten signatures", "Handschriftliche Unterschriften", "Signatures manuscrites",
        "Firmas manuscritas")),
    Clause(
      "§ 11.200(a), § 11.300",
      Translated(
        "Two components of identification; control of codes and passwords",
        "Zwei Bestandteile der Kennung; Kontrolle von Codes und Passwörtern",
        "Deux composantes d’identification ; contrôle des codes et mots de passe",
        "Dos componentes de identificación; control de códigos y contraseñas"),
      [.actors, .signatures],
      Translated(
        "How keys and passwords are given out and kept",
        "Wie Schlüssel und Passwörter vergeben und verwahrt werden",
        "La remise et la garde des clés et mots de passe",
        "La entrega y custodia de claves y contraseñas")),
    Clause(
      "§ 11.10(a), (i)–(k)",
      Translated(
        "Validation of systems; training; policies; documentation control",
        "Validierung der Systeme; Schulung; Vorgaben; Lenkung der Dokumente",
        "Validation des systèmes ; formation ; politiques ; maîtrise documentaire",
        "Validación de sistemas; formación; políticas; control documental"), [],
      Translated("All of it", "Alles davon", "Tout", "Todo")),
  ]

  static let brokerRecordsClauses: [Clause] = [
    Clause(
      "(f)(2)(i)(A)",
      Translated(
        "A complete time-stamped audit trail: changes and deletions, when, by whom, enough to re-create the original",
        "Vollständiger Prüfpfad mit Zeitstempeln: Änderungen und Löschungen, wann, durch wen, genug, um das Original wiederherzustellen",
        "Piste d’audit complète et horodatée : modifications et suppressions, quand, par qui, de quoi recréer l’original",
        "Pista de auditoría completa y fechada: cambios y borrados, cuándo, por quién, suficiente para recrear el original"
      ), [.actors, .times, .changes, .erasures],
      Translated(
        "What was erased inside the retention period cannot be re-created",
        "Was innerhalb der Aufbewahrungsfrist gelöscht wurde, ist nicht wiederherstellbar",
        "Ce qui fut effacé pendant la conservation ne peut être recréé",
        "Lo borrado durante la conservación no puede recrearse")),
    Clause(
      "(f)(2)(ii)",
      Translated(
        "Automatic verification of completeness and accuracy of storing",
        "Selbsttätige Prüfung, dass vollständig und genau gespeichert wird",
        "Vérification automatique de l’exhaustivité et de l’exactitude du stockage",
        "Verificación automática de que se guarda completo y exacto"), [.integrity, .completeness],
      Translated("Other record systems", "Andere Systeme", "Les autres systèmes", "Otros sistemas")),
    Clause(
      "(f)(2)(iv)",
      Translated(
        "Ready download of copies, human-readable and reasonably usable",
        "Kopien jederzeit abrufbar, lesbar und weiterverwendbar",
        "Copies prêtes à télécharger, lisibles et utilisables",
        "Copias listas para descargar, legibles y utilizables"), [.reproducibility, .form],
      Translated(
        "Records kept elsewhere", "Anderswo geführte Aufzeichnungen", "Documents tenus ailleurs",
        "Registros llevados en otro lugar")),
    Clause(
      "(f)(2)(v)",
      Translated(
        "A backup, or redundancy to the same end", "Sicherung oder gleichwertige Redundanz",
        "Une sauvegarde, ou une redondance équivalente", "Respaldo o redundancia equivalente"), [],
      Translated(
        "Whether and where backups are kept", "Ob und wo Sicherungen liegen",
        "L’existence et le lieu des sauvegardes", "Si hay respaldos y dónde")),
    Clause(
      "(f)(3)(v)",
      Translated(
        "Undertaking of an executive officer or third party",
        "Verpflichtung einer Führungskraft oder eines Dritten",
        "Engagement d’un dirigeant ou d’un tiers", "Compromiso de un directivo o tercero"), [],
      Translated("All of it", "Alles davon", "Tout", "Todo")),
  ]
}
