// SPDX-License-Identifier: Apache-2.0

extension ExceptionRule {
  /// What was not kept, or waived, in words.
  func words(_ language: Language) -> String { translated(language) }

  private var translated: Translated {
    switch self {
    case .notApproved:
      Translated(
        "deployed without an approval that came before",
        "in Betrieb genommen ohne vorherige Freigabe",
        "déployé sans approbation préalable",
        "desplegado sin aprobación previa")
    case .otherArtifacts:
      Translated(
        "deployed with other files than those approved",
        "mit anderen als den freigegebenen Dateien in Betrieb",
        "déployé avec d’autres fichiers que ceux approuvés",
        "desplegado con archivos distintos de los aprobados")
    case .approvalExpired:
      Translated(
        "in production after the last day of its approval",
        "in Produktion nach dem letzten Tag der Freigabe",
        "en production après le dernier jour de l’approbation",
        "en producción tras el último día de la aprobación")
    case .rejectedSince:
      Translated(
        "in production though rejected later",
        "in Produktion, obwohl später abgelehnt",
        "en production bien que rejeté depuis",
        "en producción aunque rechazado después")
    case .wordsMissing:
      Translated(
        "words are gone, and no erasure names them",
        "Worte fehlen, und keine Löschung nennt sie",
        "des mots manquent, sans effacement qui les nomme",
        "faltan palabras y ningún borrado las nombra")
    case .jobLost:
      Translated(
        "a job was lost: nobody knows how far it came",
        "ein Lauf ging verloren: niemand weiß, wie weit er kam",
        "un travail fut perdu : nul ne sait où il en était",
        "se perdió un trabajo: nadie sabe hasta dónde llegó")
    case .effectRemains:
      Translated(
        "did not succeed, and an effect remains or may",
        "misslungen, und eine Wirkung blieb oder kann geblieben sein",
        "échec, et un effet reste ou peut rester",
        "no tuvo éxito y queda, o puede quedar, un efecto")
    case .tickMissed:
      Translated(
        "nothing ran when the schedule said so",
        "nichts lief, als der Plan es vorsah",
        "rien ne tourna à l’heure prévue",
        "nada se ejecutó cuando tocaba")
    case .scheduleSuspended:
      Translated(
        "suspended: owner or deployment was no longer fit",
        "ausgesetzt: Eigner oder Einsatz war nicht mehr geeignet",
        "suspendu : propriétaire ou déploiement n’était plus apte",
        "suspendido: dueño o despliegue ya no era apto")
    case .tickDoubled:
      Translated(
        "two jobs ran for one tick",
        "zwei Läufe für einen Termin",
        "deux travaux pour une échéance",
        "dos trabajos para un turno")
    case .tickOverdue:
      Translated(
        "a tick was due, and nothing tells of it",
        "ein Termin war fällig, und nichts zeugt davon",
        "une échéance était due, et rien n’en témoigne",
        "un turno vencía y nada lo cuenta")
    case .alertUnanswered:
      Translated(
        "an alert was not answered",
        "ein Alarm blieb ohne Antwort",
        "une alerte resta sans réponse",
        "una alerta quedó sin respuesta")
    case .alertMissing:
      Translated(
        "above the threshold, and no alert was raised",
        "über dem Grenzwert, und kein Alarm",
        "au-dessus du seuil, sans alerte",
        "por encima del umbral y sin alerta")
    case .thresholdDiffers:
      Translated(
        "held against another threshold than the policy’s",
        "an einem anderen Grenzwert gemessen als dem der Richtlinie",
        "comparé à un autre seuil que celui de la politique",
        "medido con otro umbral que el de la política")
    case .notMonitored:
      Translated(
        "in production and used, and never measured for drift",
        "in Produktion und benutzt, Drift nie gemessen",
        "en production et utilisé, dérive jamais mesurée",
        "en producción y usado, sin medir nunca la deriva")
    case .notReapproved:
      Translated(
        "in production after a substantial change, not approved again",
        "in Produktion nach wesentlicher Änderung, nicht neu freigegeben",
        "en production après modification substantielle, sans nouvelle approbation",
        "en producción tras un cambio sustancial sin nueva aprobación")
    case .changeNotAssessed:
      Translated(
        "a change went into production, and nobody assessed it",
        "eine Änderung ging in Produktion, und niemand beurteilte sie",
        "une modification mise en production sans évaluation",
        "un cambio pasó a producción sin que nadie lo evaluara")
    case .noReason:
      Translated(
        "no reason was given",
        "keine Begründung",
        "aucun motif donné",
        "sin motivo")
    case .usedAfterRetirement:
      Translated(
        "used after it was retired",
        "nach der Stilllegung benutzt",
        "utilisé après son retrait",
        "usado tras su retirada")
    case .reviewOverdue:
      Translated(
        "the day for its review has passed",
        "die Prüffrist ist verstrichen",
        "la date de revue est passée",
        "venció la fecha de revisión")
    case .erasedUnderHold:
      Translated(
        "erased though held",
        "gelöscht trotz Sperre",
        "effacé malgré un gel",
        "borrado pese a una retención")
    case .erasedInRetention:
      Translated(
        "erased before the end of the minimum retention",
        "gelöscht vor Ende der Mindestaufbewahrung",
        "effacé avant la fin de la conservation minimale",
        "borrado antes del fin de la conservación mínima")
    case .erasedInProduction:
      Translated(
        "files were erased while in production",
        "Dateien gelöscht, während in Produktion",
        "fichiers effacés alors qu’en production",
        "archivos borrados estando en producción")
    case .controlWaived:
      Translated(
        "a policy asks for less than it could",
        "eine Richtlinie verlangt weniger, als sie könnte",
        "une politique exige moins qu’elle ne pourrait",
        "una política exige menos de lo que podría")
    case .selfGranted:
      Translated(
        "granted roles to themselves",
        "gab sich selbst Rollen",
        "s’est accordé des rôles",
        "se otorgó funciones")
    case .treeAltered:
      Translated(
        "the stored tree is not that of the events",
        "der gespeicherte Baum ist nicht der der Ereignisse",
        "l’arbre stocké n’est pas celui des événements",
        "el árbol guardado no es el de los eventos")
    case .checkpointMissing:
      Translated(
        "no signed checkpoint vouches for the events",
        "kein signierter Prüfpunkt bürgt für die Ereignisse",
        "aucun point de contrôle signé ne garantit les événements",
        "ningún punto de control firmado avala los eventos")
    case .checkpointWrong:
      Translated(
        "a checkpoint is not of these events, or not signed by the ledger’s key",
        "ein Prüfpunkt passt nicht zu den Ereignissen oder ist nicht mit dem Schlüssel des Journals signiert",
        "un point de contrôle n’est pas de ces événements, ou pas signé par la clé du registre",
        "un punto de control no es de estos eventos o no lo firmó la clave del registro")
    case .checkpointBehind:
      Translated(
        "events follow the last signed checkpoint",
        "nach dem letzten signierten Prüfpunkt folgen Ereignisse",
        "des événements suivent le dernier point signé",
        "hay eventos tras el último punto firmado")
    case .receiptWrong:
      Translated(
        "what an anchor keeps is not of these events",
        "was ein Anker verwahrt, passt nicht zu den Ereignissen",
        "ce que garde une ancre n’est pas de ces événements",
        "lo que guarda un ancla no es de estos eventos")
    case .outcomeUnknown:
      Translated(
        "a write failed, and nobody knows whether it is on disk",
        "ein Schreiben misslang, und niemand weiß, ob es auf der Platte ist",
        "une écriture échoua, nul ne sait si elle est sur disque",
        "falló una escritura y nadie sabe si está en disco")
    case .viewsDiffer:
      Translated(
        "what is derived is not what the events say",
        "das Abgeleitete ist nicht, was die Ereignisse sagen",
        "ce qui est dérivé n’est pas ce que disent les événements",
        "lo derivado no es lo que dicen los eventos")
    case .erasedSince:
      Translated(
        "words were erased since: an older report had them",
        "seither gelöscht: ein älterer Bericht hatte die Worte",
        "mots effacés depuis : un rapport antérieur les avait",
        "palabras borradas después: un informe anterior las tenía")
    case .signatureWrong:
      Translated(
        "a signature does not hold",
        "eine Unterschrift hält nicht",
        "une signature ne tient pas",
        "una firma no es válida")
    case .signatureMissing:
      Translated(
        "not signed, though the policy asked for it",
        "nicht unterzeichnet, obwohl die Richtlinie es verlangte",
        "pas signé, bien que la politique l’exigeât",
        "sin firma aunque la política la exigía")
    case .erased:
      Translated(
        "words or files were erased",
        "Worte oder Dateien wurden gelöscht",
        "des mots ou fichiers furent effacés",
        "se borraron palabras o archivos")
    case .cutOff:
      Translated(
        "there are events before or after those asked about",
        "es gibt frühere oder spätere Ereignisse als die gefragten",
        "il y a des événements avant ou après ceux demandés",
        "hay eventos anteriores o posteriores a los consultados")
    case .claimedName:
      Translated(
        "done under a name that was claimed",
        "unter einem behaupteten Namen",
        "fait sous un nom déclaré",
        "hecho con un nombre declarado")
    case .withoutRole:
      Translated(
        "done by somebody who had no role then",
        "durch jemanden, der damals keine Rolle hatte",
        "fait par quelqu’un alors sans rôle",
        "hecho por alguien sin función entonces")
    case .recordedLate:
      Translated(
        "recorded more than an hour after it happened",
        "mehr als eine Stunde danach aufgezeichnet",
        "enregistré plus d’une heure après",
        "registrado más de una hora después")
    case .clockCorrected:
      Translated(
        "the clock had been wrong, and was corrected",
        "die Uhr ging falsch und wurde berichtigt",
        "l’horloge était fausse et fut corrigée",
        "el reloj iba mal y se corrigió")
    case .noEvaluation:
      Translated(
        "approved without a completed evaluation",
        "freigegeben ohne abgeschlossene Bewertung",
        "approuvé sans évaluation achevée",
        "aprobado sin evaluación terminada")
    case .thresholdOverridden:
      Translated(
        "approved though a threshold was not met",
        "freigegeben, obwohl ein Grenzwert verfehlt war",
        "approuvé bien qu’un seuil ne fût pas atteint",
        "aprobado sin alcanzar un umbral")
    case .notShown:
      Translated(
        "decided without the evidence in sight",
        "entschieden, ohne dass die Nachweise gezeigt wurden",
        "décidé sans voir les preuves",
        "decidido sin ver las pruebas")
    case .evidenceChanged:
      Translated(
        "the evidence is older than what came since",
        "die Nachweise sind älter als das, was danach kam",
        "les preuves sont antérieures à ce qui suivit",
        "las pruebas son anteriores a lo que vino después")
    case .evidenceDiffers:
      Translated(
        "the evidence says something else than the events it names",
        "die Nachweise sagen anderes als die genannten Ereignisse",
        "les preuves disent autre chose que les événements cités",
        "las pruebas dicen otra cosa que los eventos citados")
    case .evidenceErased:
      Translated(
        "evidence of a decision was erased",
        "Nachweise einer Entscheidung wurden gelöscht",
        "les preuves d’une décision furent effacées",
        "se borraron pruebas de una decisión")
    case .selfApproval:
      Translated(
        "approved by whoever had it made",
        "freigegeben durch, wer es anfertigen ließ",
        "approuvé par celui qui le fit faire",
        "aprobado por quien lo mandó hacer")
    case .separationClaimed:
      Translated(
        "two persons only if a claimed name is believed",
        "nur zwei Personen, wenn man einem behaupteten Namen glaubt",
        "deux personnes seulement si l’on croit un nom déclaré",
        "dos personas solo si se cree un nombre declarado")
    case .selfDeployment:
      Translated(
        "deployed by whoever approved it",
        "in Betrieb genommen durch, wer freigab",
        "déployé par celui qui approuva",
        "desplegado por quien aprobó")
    case .approvedUnchanged:
      Translated(
        "approved after a rejection, with nothing new in between",
        "nach Ablehnung freigegeben, ohne Neues dazwischen",
        "approuvé après un rejet, sans rien de neuf",
        "aprobado tras un rechazo sin nada nuevo")
    case .codeUnknown:
      Translated(
        "made from code that nothing names",
        "aus Code, den nichts benennt",
        "fait d’un code que rien ne nomme",
        "hecho con código que nada identifica")
    case .codeNotCommitted:
      Translated(
        "made from files that differ from the commit",
        "aus Dateien, die vom Commit abweichen",
        "fait de fichiers différents du commit",
        "hecho con archivos distintos del commit")
    case .dataUnknown:
      Translated(
        "made from data that no digest names",
        "aus Daten ohne Prüfsumme",
        "fait de données sans empreinte",
        "hecho con datos sin huella")
    case .environmentUnknown:
      Translated(
        "made in an environment that nobody described",
        "in einer Umgebung, die niemand beschrieb",
        "fait dans un environnement non décrit",
        "hecho en un entorno no descrito")
    case .originUnknown:
      Translated(
        "imported, and nobody said from where",
        "importiert ohne Angabe der Herkunft",
        "importé sans dire d’où",
        "importado sin decir de dónde")
    case .formatUnknown:
      Translated(
        "imported, and nobody said in which format",
        "importiert ohne Angabe des Formats",
        "importé sans dire le format",
        "importado sin decir el formato")
    case .neverEvaluated:
      Translated(
        "in production, and never evaluated before",
        "in Produktion und zuvor nie bewertet",
        "en production sans évaluation préalable",
        "en producción sin evaluación previa")
    case .responsibleUnknown:
      Translated(
        "evaluated, and nobody answers for it",
        "bewertet, und niemand steht dafür ein",
        "évalué, sans responsable nommé",
        "evaluado sin responsable")
    }
  }
}
