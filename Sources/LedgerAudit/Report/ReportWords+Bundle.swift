// SPDX-License-Identifier: Apache-2.0

// What a report says of the bundle that it is part of.

extension ReportWords {
  var thisBundle: String {
    say("This bundle", "Dieses Bündel", "Ce paquet", "Este paquete")
  }

  /// What a bundle holds: `23 events, revisions 0 to 21; 2 lists of files; …`.
  func held(_ summary: BundleMaker.Summary) -> String {
    var parts = [events(summary.events)]
    if let revisions = summary.revisions {
      let (first, last) = (revisions.lowerBound, revisions.upperBound)
      parts[0] += say(
        ", revisions \(first) to \(last)", ", Revisionen \(first) bis \(last)",
        ", révisions \(first) à \(last)", ", revisiones \(first) a \(last)")
    }
    func count(_ number: UInt64, _ words: (String, String, String, String)) {
      guard number > 0 else { return }
      parts.append("\(say(words.0, words.1, words.2, words.3)): \(number)")
    }
    count(
      summary.erased,
      (
        "with words that were erased", "mit gelöschten Worten", "aux mots effacés",
        "con palabras borradas"
      ))
    count(
      summary.missing,
      (
        "with words missing though no erasure names them",
        "mit Worten, die ohne Löschung fehlen", "aux mots manquants sans effacement",
        "con palabras que faltan sin borrado"
      ))
    count(
      summary.lists,
      ("lists of files", "Dateilisten", "listes de fichiers", "listas de archivos"))
    count(
      summary.missingLists,
      (
        "lists of files missing", "fehlende Dateilisten", "listes de fichiers manquantes",
        "listas de archivos que faltan"
      ))
    count(
      summary.signatures,
      ("signatures of persons", "Unterschriften", "signatures", "firmas de personas"))
    parts.append(
      summary.whyUnsigned == nil
        ? say(
          "its list of digests is signed", "die Liste der Prüfsummen ist signiert",
          "la liste des empreintes est signée", "la lista de huellas está firmada")
        : say(
          "its list of digests is not signed", "die Liste der Prüfsummen ist nicht signiert",
          "la liste des empreintes n’est pas signée", "la lista de huellas no está firmada"))
    return parts.joined(separator: "; ")
  }

  var provesNothing: String {
    say(
      "This page proves nothing by itself: the events beside it do. A number with # is one of them. README.txt says how they are checked, with one program or with common tools alone; FOLDER is this folder, KEY the ledger’s key, from somebody you trust.",
      "Diese Seite beweist für sich nichts, das tun die Ereignisse neben ihr. Eine Zahl mit # ist eines davon. README.txt sagt, wie sie geprüft werden, mit einem Programm oder nur mit üblichen Werkzeugen; FOLDER ist dieser Ordner, KEY der Schlüssel des Journals, von jemandem, dem Sie vertrauen.",
      "Cette page ne prouve rien par elle-même : ce sont les événements à côté d’elle qui prouvent. Un nombre précédé de # est l’un d’eux. README.txt dit comment les vérifier, avec un programme ou les seuls outils courants ; FOLDER est ce dossier, KEY la clé du registre, reçue de quelqu’un de confiance.",
      "Esta página no prueba nada por sí misma: lo hacen los eventos que la acompañan. Un número con # es uno de ellos. README.txt dice cómo se comprueban, con un programa o con herramientas comunes; FOLDER es esta carpeta, KEY la clave del registro, de alguien en quien usted confíe."
    )
  }
}
