// SPDX-License-Identifier: Apache-2.0

/// The words of a report that belong to no question, column or rule.
struct ReportWords {
  let language: Language

  init(_ language: Language) { self.language = language }

  func say(
    _ english: String, _ german: String, _ french: String, _ spanish: String
  ) -> String { Translated(english, german, french, spanish)(language) }

  var auditReport: String {
    say("Audit report", "Prüfbericht", "Rapport d’audit", "Informe de auditoría")
  }
  var contents: String { say("Contents", "Inhalt", "Sommaire", "Contenido") }
  var skip: String {
    say("Skip to the report", "Zum Bericht", "Aller au rapport", "Ir al informe")
  }
  var summary: String { say("At a glance", "Auf einen Blick", "En bref", "De un vistazo") }
  var ledger: String { say("Ledger", "Journal", "Registre", "Registro") }
  var identifier: String { say("Identifier", "Kennung", "Identifiant", "Identificador") }
  var covers: String { say("Covers", "Umfang", "Périmètre", "Alcance") }
  var wholeLedger: String {
    say("the whole ledger", "das ganze Journal", "le registre entier", "el registro entero")
  }
  var window: String { say("Window", "Zeitraum", "Période", "Período") }
  var fromBeginning: String {
    say("from the beginning", "von Anfang an", "depuis le début", "desde el principio")
  }
  func after(_ size: UInt64, _ time: String) -> String {
    say(
      "after event #\(size - 1), \(time)", "nach Ereignis #\(size - 1), \(time)",
      "après l’événement #\(size - 1), \(time)", "tras el evento #\(size - 1), \(time)")
  }
  var asOf: String { say("As of", "Stand", "État au", "Estado a") }
  func events(_ count: UInt64) -> String {
    count == 1
      ? say("1 event", "1 Ereignis", "1 événement", "1 evento")
      : say(
        "\(count) events", "\(count) Ereignisse", "\(count) événements", "\(count) eventos")
  }
  var deadlines: String {
    say(
      "Deadlines judged at", "Fristen beurteilt zum", "Échéances évaluées au",
      "Plazos evaluados a")
  }
  var checkpoint: String {
    say(
      "Signed checkpoint", "Signierter Prüfpunkt", "Point de contrôle signé",
      "Punto de control firmado")
  }
  var noCheckpoint: String {
    say("none was signed yet", "noch keiner", "aucun à ce jour", "ninguno todavía")
  }
  func checkpoint(_ size: UInt64, _ covers: Bool) -> String {
    covers
      ? say(
        "of size \(size): it covers all of this report",
        "der Größe \(size): er deckt den ganzen Bericht",
        "de taille \(size) : il couvre tout le rapport",
        "de tamaño \(size): cubre todo el informe")
      : say(
        "of size \(size): what came after it is not signed for yet",
        "der Größe \(size): was danach kam, ist noch nicht signiert",
        "de taille \(size) : la suite n’est pas encore signée",
        "de tamaño \(size): lo posterior aún no está firmado")
  }
  var madeWith: String { say("Made with", "Erstellt mit", "Établi avec", "Elaborado con") }
  var exceptions: String { say("Exceptions", "Ausnahmen", "Exceptions", "Excepciones") }
  var noExceptions: String {
    say("No exceptions.", "Keine Ausnahmen.", "Aucune exception.", "Ninguna excepción.")
  }
  func exceptions(_ count: Int) -> String {
    count == 1
      ? say("1 exception", "1 Ausnahme", "1 exception", "1 excepción")
      : say(
        "\(count) exceptions", "\(count) Ausnahmen", "\(count) exceptions",
        "\(count) excepciones")
  }
  func rows(_ count: Int) -> String {
    count == 1
      ? say("1 row", "1 Zeile", "1 ligne", "1 fila")
      : say("\(count) rows", "\(count) Zeilen", "\(count) lignes", "\(count) filas")
  }
  func shortened(_ shown: Int, of count: Int) -> String {
    say(
      "The first \(shown) of \(count) rows are shown; the CSV set and the JSON form hold all of them.",
      "Gezeigt sind die ersten \(shown) von \(count) Zeilen; CSV-Dateien und JSON-Form enthalten alle.",
      "Les \(shown) premières lignes sur \(count) sont montrées ; les fichiers CSV et la forme JSON les contiennent toutes.",
      "Se muestran las primeras \(shown) de \(count) filas; los archivos CSV y la forma JSON las contienen todas."
    )
  }
  var none: String { say("None.", "Keine.", "Aucun.", "Ninguno.") }
  var notAnswerable: String {
    say("Not answerable", "Nicht beantwortbar", "Sans réponse possible", "Sin respuesta posible")
  }
  var question: String { say("Question", "Frage", "Question", "Pregunta") }
  var result: String { say("Result", "Ergebnis", "Résultat", "Resultado") }
  var rule: String { say("Rule", "Regel", "Règle", "Regla") }
  var about: String { say("About", "Betrifft", "Concerne", "Sobre") }
  var events: String { say("Events", "Ereignisse", "Événements", "Eventos") }
  var yes: String { say("yes", "ja", "oui", "sí") }
  var no: String { say("no", "nein", "non", "no") }
  var missing: String {
    say(
      "missing, though no erasure names it", "fehlt, ohne dass eine Löschung es nennt",
      "manquant, sans effacement qui le nomme", "falta, sin borrado que lo nombre")
  }
  func erased(_ basis: String, _ actor: String, _ time: String, _ event: String) -> String {
    say(
      "erased (\(basis)) by \(actor), \(time), \(event)",
      "gelöscht (\(basis)) durch \(actor), \(time), \(event)",
      "effacé (\(basis)) par \(actor), \(time), \(event)",
      "borrado (\(basis)) por \(actor), \(time), \(event)")
  }
  var timeline: String { say("Timeline", "Zeitachse", "Chronologie", "Cronología") }
  var timelineText: String {
    say(
      "Each lane is a version, or of several subjects a target; the same is told in words by the questions below.",
      "Jede Bahn ist eine Version oder, bei mehreren Gegenständen, ein Ziel; dasselbe steht in Worten bei den Fragen.",
      "Chaque ligne est une version ou, pour plusieurs objets, une cible ; les questions ci-dessous disent la même chose en mots.",
      "Cada línea es una versión o, si hay varios objetos, un destino; las preguntas dicen lo mismo con palabras."
    )
  }
  func lanesOmitted(_ count: Int) -> String {
    say(
      "\(count) more lanes are not drawn.", "\(count) weitere Bahnen sind nicht gezeichnet.",
      "\(count) autres lignes ne sont pas dessinées.", "\(count) líneas más no están dibujadas.")
  }
  var lifeCycle: String { say("Life cycle", "Lebenszyklus", "Cycle de vie", "Ciclo de vida") }
  var lifeCycleText: String {
    say(
      "In each box: how many versions stand there now. On each arrow: how often that happened in the window.",
      "In jedem Feld: wie viele Versionen dort stehen. An jedem Pfeil: wie oft das im Zeitraum geschah.",
      "Dans chaque case : le nombre de versions qui s’y trouvent. Sur chaque flèche : combien de fois cela eut lieu dans la période.",
      "En cada casilla: cuántas versiones están ahí. En cada flecha: cuántas veces ocurrió en el período."
    )
  }
  var articles: String {
    say(
      "What rules ask for", "Was Regelwerke verlangen", "Ce que demandent les règles",
      "Lo que piden las normas")
  }
  var article: String { say("Clause", "Stelle", "Article", "Artículo") }
  var asks: String {
    say("What it asks for", "Was sie verlangt", "Ce qu’il demande", "Lo que pide")
  }
  var helps: String {
    say(
      "What here helps answer it", "Was hier bei der Antwort hilft",
      "Ce qui aide ici à y répondre", "Lo que aquí ayuda a responder")
  }
  var notCovered: String {
    say("Not covered", "Nicht abgedeckt", "Non couvert", "No cubierto")
  }
  var nothingHere: String {
    say(
      "nothing in this report", "nichts in diesem Bericht", "rien dans ce rapport",
      "nada en este informe")
  }
  var disclaimer: String {
    say(
      "This report helps answer a reviewer’s questions from what was recorded. It says neither that what was recorded is true, nor that a rule was complied with.",
      "Dieser Bericht hilft, Fragen einer Prüfung aus dem Aufgezeichneten zu beantworten. Er sagt weder, dass das Aufgezeichnete wahr ist, noch dass eine Regel eingehalten wurde.",
      "Ce rapport aide à répondre aux questions d’un contrôle à partir de ce qui fut enregistré. Il ne dit ni que l’enregistré est vrai, ni qu’une règle fut respectée.",
      "Este informe ayuda a responder a las preguntas de una revisión a partir de lo registrado. No afirma que lo registrado sea cierto ni que se cumpliera una norma."
    )
  }
  var checkIt: String {
    say(
      "How to check this report", "Wie man diesen Bericht prüft", "Comment vérifier ce rapport",
      "Cómo comprobar este informe")
  }
  var checkItText: String {
    say(
      "A number with # is an event; each answer names those that it rests on. With the ledger or a bundle of it:",
      "Eine Zahl mit # ist ein Ereignis; jede Antwort nennt die, auf denen sie beruht. Mit dem Journal oder einem Bündel daraus:",
      "Un nombre précédé de # est un événement ; chaque réponse nomme ceux sur lesquels elle repose. Avec le registre ou un paquet qui en est tiré :",
      "Un número con # es un evento; cada respuesta nombra aquellos en los que se basa. Con el registro o un paquete suyo:"
    )
  }
}
