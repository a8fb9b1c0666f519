// SPDX-License-Identifier: Apache-2.0

extension Question {
  /// The question, in a line.
  public var title: String { title(.english) }

  /// The question in a language.
  func title(_ language: Language) -> String { translated(language) }

  private var translated: Translated {
    switch self {
    case .scope:
      Translated(
        "Which ledger, models, window and positions are covered; what is missing, erased, cut off?",
        "Was ist erfasst, und fehlt etwas, ist etwas gelöscht oder abgeschnitten?",
        "Que couvre ce rapport, et manque-t-il quelque chose, effacé ou coupé ?",
        "¿Qué abarca, y falta algo, está borrado o cortado?")
    case .inProduction:
      Translated(
        "Which version of each subject is in production, where, since when?",
        "Welche Version war jeweils in Produktion, wo, seit wann?",
        "Quelle version de chaque objet était en production, où, depuis quand ?",
        "¿Qué versión de cada objeto estaba en producción, dónde, desde cuándo?")
    case .actors:
      Translated(
        "Who did each action: authenticated how, in what role, on whose behalf?",
        "Wer hat jede Handlung vorgenommen: wie ausgewiesen, in welcher Rolle, für wen?",
        "Qui a fait chaque action : authentifié comment, dans quel rôle, pour qui ?",
        "¿Quién hizo cada acción: autenticado cómo, con qué función, por cuenta de quién?")
    case .times:
      Translated(
        "When did it happen, when was it recorded, are the two apart?",
        "Wann geschah es, wann wurde es aufgezeichnet, und liegt beides auseinander?",
        "Quand cela eut-il lieu, quand fut-ce enregistré, et y a-t-il un écart ?",
        "¿Cuándo ocurrió, cuándo se registró, y hay distancia entre ambos?")
    case .changes:
      Translated(
        "What changed: value before and after, so the earlier state can be re-created.",
        "Was hat sich geändert: der Wert davor und danach?",
        "Qu’est-ce qui a changé : la valeur avant et après ?",
        "¿Qué cambió: el valor de antes y el de después?")
    case .reasons:
      Translated(
        "Why: the reason of every decision, stop, retirement, override, erasure; which have none?",
        "Warum: die Begründung jeder Entscheidung, jedes Abbruchs, jeder Stilllegung und Löschung, und welche fehlen?",
        "Pourquoi : le motif de chaque décision, arrêt, retrait et effacement, et lesquels n’en ont pas ?",
        "¿Por qué: el motivo de cada decisión, parada, retirada y borrado, y cuáles no lo tienen?")
    case .evidence:
      Translated(
        "What did the approver look at, as it stood then?",
        "Was lag bei der Entscheidung vor, nach damaligem Stand?",
        "Sur quoi la décision reposait-elle, dans l’état d’alors ?",
        "¿En qué se basó quien decidió, tal como estaba entonces?")
    case .approvalBeforeDeployment:
      Translated(
        "Was approval before deployment, for that artifact, and still valid?",
        "Lag die Freigabe vor der Inbetriebnahme, für genau dieses Artefakt, und galt sie noch?",
        "L’approbation a-t-elle précédé le déploiement, pour cet artefact, et était-elle encore valable ?",
        "¿Hubo aprobación antes del despliegue, para ese artefacto, y seguía vigente?")
    case .fourEyes:
      Translated(
        "Was the approver someone other than trainer and deployer? Every exception.",
        "War, wer freigab, ein anderer als wer trainierte und in Betrieb nahm?",
        "L’approbateur était-il un autre que celui qui entraîna et déploya ?",
        "¿Quien aprobó era distinto de quien entrenó y desplegó?")
    case .rejections:
      Translated(
        "Every rejection, its reason, and what happened to that version next.",
        "Jede Ablehnung, ihre Begründung, und was mit der Version dann geschah?",
        "Chaque rejet, son motif, et ce qu’il advint ensuite de la version ?",
        "¿Cada rechazo, su motivo, y qué pasó después con esa versión?")
    case .provenance:
      Translated(
        "Code commit, parameters, data, environment and parent of every version.",
        "Woher kommt jede Version: Code, Parameter, Daten, Umgebung, Vorgängerin?",
        "D’où vient chaque version : code, paramètres, données, environnement, parent ?",
        "¿De dónde viene cada versión: código, parámetros, datos, entorno, versión madre?")
    case .imports:
      Translated(
        "Every import: origin, format, digest, who.",
        "Was wurde importiert: Herkunft, Format, Prüfsumme, durch wen?",
        "Qu’est-ce qui fut importé : origine, format, empreinte, par qui ?",
        "¿Qué se importó: origen, formato, huella, por quién?")
    case .evaluations:
      Translated(
        "Every evaluation: procedure, data, metrics, date, responsible person.",
        "Jede Bewertung: Verfahren, Daten, Kennzahlen, Datum, verantwortliche Person?",
        "Chaque évaluation : procédure, données, mesures, date, responsable ?",
        "¿Cada evaluación: procedimiento, datos, métricas, fecha, responsable?")
    case .failures:
      Translated(
        "What failed, was stopped, retried or lost, who stopped it, and what effect remained?",
        "Was schlug fehl, wurde abgebrochen, wiederholt oder ging verloren, durch wen, und was blieb davon?",
        "Qu’est-ce qui échoua, fut arrêté, repris ou perdu, par qui, et quel effet resta ?",
        "¿Qué falló, se paró, se repitió o se perdió, quién lo paró, y qué efecto quedó?")
    case .batchRuns:
      Translated(
        "Every batch run: by schedule or by hand, whose schedule, missed and doubled ticks?",
        "Jeder Stapellauf: nach Plan oder von Hand, wessen Plan, versäumte und doppelte Termine?",
        "Chaque traitement par lots : planifié ou manuel, à qui le plan, échéances manquées ou doublées ?",
        "¿Cada ejecución por lotes: programada o a mano, de quién el programa, turnos perdidos o dobles?"
      )
    case .monitoring:
      Translated(
        "Monitoring: drift against the threshold in force then, alerts, response and delay?",
        "Überwachung: Drift gegen den damals geltenden Grenzwert, Alarme, Antwort und Verzug?",
        "Surveillance : dérive face au seuil alors en vigueur, alertes, réponse et délai ?",
        "¿Vigilancia: deriva frente al umbral vigente entonces, alertas, respuesta y demora?")
    case .substantialChanges:
      Translated(
        "Which changes were substantial, and who decided that?",
        "Welche Änderungen waren wesentlich, und wer hat das entschieden?",
        "Quelles modifications étaient substantielles, et qui en décida ?",
        "¿Qué cambios fueron sustanciales, y quién lo decidió?")
    case .retirements:
      Translated(
        "Retirement: when, who, why, replaced by what, last prediction?",
        "Stilllegung: wann, wer, warum, wodurch ersetzt, letzte Vorhersage?",
        "Retrait : quand, qui, pourquoi, remplacé par quoi, dernière prédiction ?",
        "¿Retirada: cuándo, quién, por qué, sustituida por qué, última predicción?")
    case .inventory:
      Translated(
        "Inventory: every version ever and its state now, never-deployed and overdue ones too?",
        "Bestand: jede Version je und ihr Stand jetzt, auch nie eingesetzte und überfällige?",
        "Inventaire : toute version et son état actuel, y compris jamais déployées et en retard ?",
        "¿Inventario: toda versión y su estado actual, también nunca desplegadas y vencidas?")
    case .erasures:
      Translated(
        "Erasures and retention: what went, on which basis, by whom; holds?",
        "Löschungen und Aufbewahrung: was ging, auf welcher Grundlage, durch wen; Sperren?",
        "Effacements et conservation : quoi, sur quelle base, par qui ; gels ?",
        "¿Borrados y conservación: qué, con qué base, por quién; retenciones?")
    case .access:
      Translated(
        "Access: who changed roles or policy, who exported?",
        "Zugang: wer änderte Rollen oder Richtlinie, wer exportierte?",
        "Accès : qui changea rôles ou politique, qui exporta ?",
        "¿Acceso: quién cambió funciones o política, quién exportó?")
    case .integrity:
      Translated(
        "Integrity: verified from where to where, against which signed checkpoint?",
        "Unversehrtheit: geprüft von wo bis wo, gegen welchen signierten Prüfpunkt?",
        "Intégrité : vérifiée d’où à où, contre quel point de contrôle signé ?",
        "¿Integridad: verificada desde dónde hasta dónde, con qué punto de control firmado?")
    case .completeness:
      Translated(
        "Completeness: events by type against the views, rebuilt and found equal?",
        "Vollständigkeit: Ereignisse nach Art gegen die Sichten, neu aufgebaut und gleich?",
        "Exhaustivité : événements par type face aux vues, reconstruites et égales ?",
        "¿Integridad de contenido: eventos por tipo frente a las vistas, reconstruidas e iguales?")
    case .reproducibility:
      Translated(
        "Reproducibility: what gives the same report again, byte for byte?",
        "Wiederholbarkeit: was ergibt denselben Bericht noch einmal, Byte für Byte?",
        "Reproductibilité : qu’est-ce qui redonne le même rapport, octet par octet ?",
        "¿Reproducibilidad: qué vuelve a dar el mismo informe, byte a byte?")
    case .signatures:
      Translated(
        "Signatures: name, time, meaning, and the digest each one covers?",
        "Unterschriften: Name, Zeit, Bedeutung, und welche Prüfsumme jede deckt?",
        "Signatures : nom, heure, sens, et l’empreinte que chacune couvre ?",
        "¿Firmas: nombre, hora, significado, y la huella que cubre cada una?")
    case .form:
      Translated(
        "Form: human-readable and machine-readable copies that agree?",
        "Form: Kopien für Menschen und für Programme, die übereinstimmen?",
        "Forme : des copies lisibles par l’homme et par la machine, qui concordent ?",
        "¿Forma: copias legibles por personas y por máquinas que coinciden?")
    }
  }
}
