// SPDX-License-Identifier: Apache-2.0

extension Profile {
  static let euAIActClauses: [Clause] = [
    Clause(
      "Art. 11, Annex IV 2(g)",
      Translated(
        "Validation and testing: procedures, data, metrics, logs and reports, dated and signed by those responsible",
        "Validierung und Tests: Verfahren, Daten, Kennzahlen, Protokolle und Berichte, datiert und von den Verantwortlichen unterzeichnet",
        "Validation et essais : procédures, données, mesures, journaux et rapports, datés et signés par les responsables",
        "Validación y pruebas: procedimientos, datos, métricas, registros e informes, fechados y firmados por los responsables"
      ), [.evidence, .evaluations, .signatures],
      Translated(
        "The rest of the technical documentation of Annex IV",
        "Die übrige technische Dokumentation nach Anhang IV",
        "Le reste de la documentation technique de l’annexe IV",
        "El resto de la documentación técnica del anexo IV")),
    Clause(
      "Art. 12",
      Translated(
        "Events recorded automatically over the system’s lifetime",
        "Automatische Aufzeichnung von Ereignissen während des Lebenszyklus",
        "Enregistrement automatique des événements pendant la durée de vie",
        "Registro automático de acontecimientos durante la vida del sistema"),
      [.scope, .times, .failures, .batchRuns],
      Translated(
        "Only jobs that ran here; the operating logs of a system in service are elsewhere",
        "Nur Läufe, die hier stattfanden; die Betriebsprotokolle eines Systems im Einsatz liegen anderswo",
        "Seulement les travaux exécutés ici ; les journaux d’exploitation d’un système en service sont ailleurs",
        "Solo los trabajos ejecutados aquí; los registros de un sistema en servicio están en otro lugar"
      )),
    Clause(
      "Art. 17",
      Translated(
        "Quality management: who examined, tested, validated and released, and by which rules",
        "Qualitätsmanagement: wer untersuchte, testete, validierte und freigab, und nach welchen Regeln",
        "Gestion de la qualité : qui examina, testa, valida et libéra, et selon quelles règles",
        "Gestión de la calidad: quién examinó, probó, validó y liberó, y con qué reglas"),
      [.actors, .reasons, .approvalBeforeDeployment, .fourEyes, .access],
      Translated(
        "The written policies, procedures and instructions themselves",
        "Die schriftlichen Vorgaben, Verfahren und Anweisungen selbst",
        "Les politiques, procédures et instructions écrites elles-mêmes",
        "Las propias políticas, procedimientos e instrucciones escritas")),
    Clause(
      "Art. 18",
      Translated(
        "Documentation kept for ten years", "Aufbewahrung der Dokumentation zehn Jahre lang",
        "Documentation conservée dix ans", "Documentación conservada diez años"),
      [.scope, .inventory, .erasures],
      Translated(
        "Where copies are kept, and for how long from now on",
        "Wo Kopien liegen und wie lange noch", "Où sont les copies, et pour combien de temps",
        "Dónde están las copias y por cuánto tiempo más")),
    Clause(
      "Art. 19, Art. 26(6)",
      Translated(
        "Logs kept for at least six months", "Aufbewahrung der Protokolle mindestens sechs Monate",
        "Journaux conservés au moins six mois", "Registros conservados al menos seis meses"),
      [.erasures, .integrity, .completeness],
      Translated(
        "Logs of systems that do not run here", "Protokolle von Systemen, die nicht hier laufen",
        "Journaux de systèmes qui ne tournent pas ici",
        "Registros de sistemas que no se ejecutan aquí")),
    Clause(
      "Art. 3(23)",
      Translated(
        "Substantial modifications", "Wesentliche Veränderungen",
        "Modifications substantielles", "Modificaciones sustanciales"), [.substantialChanges],
      Translated(
        "Changes that nobody assessed", "Änderungen, die niemand beurteilt hat",
        "Modifications que personne n’a évaluées", "Cambios que nadie evaluó")),
    Clause(
      "Art. 14",
      Translated(
        "Human oversight", "Menschliche Aufsicht", "Contrôle humain", "Supervisión humana"), [],
      Translated(
        "Oversight of the system in use", "Die Aufsicht über das System im Einsatz",
        "Le contrôle du système en usage", "La supervisión del sistema en uso")),
    Clause(
      "GDPR Art. 17",
      Translated(
        "Erasure of personal data, and its limits in 17(3)(b) and (e)",
        "Löschung personenbezogener Daten und ihre Grenzen nach 17(3)(b) und (e)",
        "Effacement des données personnelles, et ses limites (17(3)(b) et (e))",
        "Supresión de datos personales y sus límites (17(3)(b) y (e))"), [.erasures],
      Translated(
        "Copies made earlier: backups, exports, bundles",
        "Früher erstellte Kopien: Sicherungen, Exporte, Bündel",
        "Copies antérieures : sauvegardes, exports, paquets",
        "Copias anteriores: respaldos, exportaciones, paquetes")),
  ]

  static let managementSystemClauses: [Clause] = [
    Clause(
      "A.6.2.4",
      Translated(
        "Verification and validation of the AI system",
        "Verifizierung und Validierung des KI-Systems",
        "Vérification et validation du système d’IA", "Verificación y validación del sistema de IA"
      ), [.evidence, .evaluations],
      Translated(
        "Whether the chosen measures suit the use", "Ob die gewählten Maße zum Einsatz passen",
        "Si les mesures choisies conviennent à l’usage", "Si las métricas elegidas son adecuadas")),
    Clause(
      "A.6.2.5",
      Translated(
        "Deployment by a plan, when requirements are met",
        "Inbetriebnahme nach Plan, wenn Anforderungen erfüllt sind",
        "Déploiement planifié, une fois les exigences remplies",
        "Despliegue planificado, cumplidos los requisitos"),
      [.inProduction, .approvalBeforeDeployment, .fourEyes, .retirements],
      Translated(
        "The deployment plan itself", "Der Einsatzplan selbst", "Le plan de déploiement lui-même",
        "El propio plan de despliegue")),
    Clause(
      "A.6.2.6",
      Translated(
        "Operation and monitoring", "Betrieb und Überwachung", "Exploitation et surveillance",
        "Operación y vigilancia"), [.failures, .batchRuns, .monitoring],
      Translated(
        "Incidents and support outside of these jobs",
        "Vorfälle und Betreuung außerhalb dieser Läufe",
        "Incidents et assistance hors de ces travaux",
        "Incidentes y soporte fuera de estos trabajos")),
    Clause(
      "A.6.2.8",
      Translated(
        "Recording of event logs", "Aufzeichnung von Ereignisprotokollen",
        "Enregistrement des journaux d’événements", "Registro de eventos"),
      [.scope, .actors, .times, .integrity, .completeness],
      Translated(
        "Event logs of the system in use", "Ereignisprotokolle des Systems im Einsatz",
        "Journaux du système en usage", "Registros del sistema en uso")),
    Clause(
      "A.7.5",
      Translated(
        "Provenance of data", "Herkunft der Daten", "Provenance des données",
        "Procedencia de los datos"), [.provenance, .imports],
      Translated(
        "Where data came from before they were used here",
        "Woher die Daten kamen, bevor sie hier verwendet wurden",
        "L’origine des données avant leur usage ici", "El origen de los datos antes de su uso aquí")
    ),
    Clause(
      "A.3.3, A.5",
      Translated(
        "Reporting of concerns; impact assessment", "Meldung von Bedenken; Folgenabschätzung",
        "Signalement de préoccupations ; étude d’impact",
        "Comunicación de inquietudes; evaluación de impacto"), [],
      Translated("All of it", "Alles davon", "Tout", "Todo")),
  ]
}
